//! Bearer tokens and assertions.
