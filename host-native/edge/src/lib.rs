//! Builds a project into one component, and serves such components.
