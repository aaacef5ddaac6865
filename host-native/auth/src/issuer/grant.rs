//! What clients give for tokens.

mod code;
mod refresh;
