//! What MCP says of the replies of the core.
