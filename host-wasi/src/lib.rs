//! Answers MCP over HTTP on any WASI host.
