//! Loading extensions.

use mxcp_core::site::Extension;

use crate::ffi::Connection;

/// Loads an extension for the whole database, and installs it if that fails.
///
/// Loading comes first because most extensions are built in or installed already: then the network isn't needed.
///
/// # Errors
/// What is wrong, with DuckDB's message.
pub(crate) fn load(connection: &Connection, extension: &Extension) -> Result<(), String> {
    let name = identifier(&extension.name)?;
    let Err(not_loaded) = connection.run(&format!("LOAD {name}")) else {
        return Ok(());
    };
    tracing::debug!(extension = name, reason = not_loaded, "extension is not there yet");
    let source = match &extension.repository {
        None => String::new(),
        Some(repository) => format!(" FROM {}", identifier(repository)?),
    };
    connection
        .run(&format!("INSTALL {name}{source}"))
        .map_err(|message| format!("can't install the extension `{name}`: {message}"))?;
    connection
        .run(&format!("LOAD {name}"))
        .map_err(|message| format!("can't load the extension `{name}`: {message}"))
}

/// The names are written into SQL, so they must be plain words.
fn identifier(name: &str) -> Result<&str, String> {
    let plain = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if plain && starts {
        Ok(name)
    } else {
        Err(format!("`{name}` is no name of an extension or a repository"))
    }
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn names_that_are_more_than_a_word_are_refused() {
        assert!(identifier("core_nightly").is_ok());
        for name in ["", "json; DROP TABLE x", "'https://x'", "1st", "a-b"] {
            assert!(identifier(name).is_err(), "{name}");
        }
    }
}
