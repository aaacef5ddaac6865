//! Loading extensions.

use std::path::{Path, PathBuf};

use mxcp_core::site::Extension;

use crate::ffi::Connection;

/// Why an extension can't be loaded as the machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingExtension {
    /// It may not be there yet; what DuckDB says.
    Absent(String),
    /// It is there and can't be used, or can't be an extension; what is wrong.
    Unusable(String),
}

/// Loads an extension for the whole database, and installs it if that fails.
///
/// # Errors
/// What is wrong, with the first line of DuckDB's message and what to do.
pub(crate) fn load(
    connection: &Connection,
    extension: &Extension,
    folder: Option<&Path>,
) -> Result<(), String> {
    let name = extension.name.as_str();
    let not_loaded = match load_present(connection, name, folder) {
        Ok(()) => return Ok(()),
        Err(MissingExtension::Unusable(problem)) => return Err(problem),
        Err(MissingExtension::Absent(reason)) => reason,
    };
    tracing::debug!(extension = name, reason = not_loaded, "extension is not there yet");
    let source = match &extension.repository {
        None => String::new(),
        Some(repository) => format!(" FROM {}", identifier(repository)?),
    };
    connection.run(&format!("INSTALL {name}{source}")).map_err(|message| {
        format!("can't install the extension `{name}`: {}\n{}", first_line(&message), advice(name, folder))
    })?;
    connection.run(&format!("LOAD {name}")).map_err(|message| unusable(name, &message))
}

/// Loads an extension that is on the machine already, for the whole database.
///
/// A file in `folder` comes first, for machines without a network; then loading, because most extensions are built in or
/// installed already.
///
/// # Errors
/// It is not there, or can't be used.
pub(crate) fn load_present(
    connection: &Connection,
    name: &str,
    folder: Option<&Path>,
) -> Result<(), MissingExtension> {
    let name = identifier(name).map_err(MissingExtension::Unusable)?;
    if let Some(file) = folder.map(|folder| file(folder, name)).filter(|file| file.is_file()) {
        let path = file.display().to_string().replace('\'', "''");
        return connection
            .run(&format!("LOAD '{path}'"))
            .map_err(|message| MissingExtension::Unusable(unusable(name, &message)));
    }
    let loaded = connection.run(&format!("LOAD {name}"));
    loaded.map_err(|message| MissingExtension::Absent(first_line(&message).to_owned()))
}

fn unusable(name: &str, message: &str) -> String {
    format!("can't load the extension `{name}`: {}", first_line(message))
}

/// Where an extension lies in a folder of extensions.
fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.duckdb_extension"))
}

/// What to do about an extension that can't be downloaded.
fn advice(name: &str, folder: Option<&Path>) -> String {
    match folder {
        Some(folder) => {
            let file = file(folder, name);
            format!(
                "See that this is its name. Without a network, put the unpacked extension at {}.",
                file.display()
            )
        }
        None => format!(
            "See that this is its name. Without a network, put the unpacked extension into a folder as `{name}.duckdb_extension`, and name the \
             folder in the site file as `paths.extensions`."
        ),
    }
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
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
    use super::*;

    #[test]
    fn names_that_are_more_than_a_word_are_refused() {
        assert!(identifier("core_nightly").is_ok());
        for name in ["", "json; DROP TABLE x", "'https://x'", "1st", "a-b"] {
            assert!(identifier(name).is_err(), "{name}");
        }
    }

    #[test]
    fn advice_names_the_file_that_helps() {
        assert!(advice("h3", Some(Path::new("/srv/ext"))).contains("/srv/ext/h3.duckdb_extension"));
        assert!(advice("h3", None).contains("paths.extensions"));
    }
}
