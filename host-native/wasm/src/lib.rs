//! Runs tools that are WebAssembly components.

mod begun;
mod cache;
mod describe;
mod engine;
mod engine_config;
mod error;
mod failure;
mod host;
mod instance;
mod limits;
mod machine;
mod native_code;
mod permissions;
mod ready;
mod services;
mod speech;
mod sql_function;
mod state;
mod stdio;
mod ticker;
mod values;

pub use cache::{Cache, Source};
pub use describe::{DescribeError, describe};
pub use engine::{Engine, Options};
pub use engine_config::EngineConfig;
pub use error::Error;
