//! Runs tools that are WebAssembly components.

mod describe;

pub use describe::{DescribeError, describe};
