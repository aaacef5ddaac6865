//! The site file of a new project.

use mxcp_core::schema::json::Format;

use super::schemas;

/// Words that YAML 1.1 reads as something else than a text.
const RESERVED: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];

/// The text of the site file.
pub(super) fn text(project: &str, profile: &str) -> String {
    let schema = schemas::comment(Format::Site, 0);
    format!("{schema}mxcp: 1\nproject: {}\nprofile: {}\n", scalar(project), scalar(profile))
}

/// A text as YAML: plain where that is safe beyond doubt, else between double quotes.
pub(super) fn scalar(text: &str) -> String {
    let letter = |character: char| character.is_ascii_alphabetic() || character == '_';
    let word = text.starts_with(letter)
        && text.chars().all(|other| letter(other) || other.is_ascii_digit() || other == '-');
    if word && !RESERVED.iter().any(|reserved| text.eq_ignore_ascii_case(reserved)) {
        return text.to_owned();
    }
    // A JSON string is a double-quoted YAML text.
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use mxcp_core::diagnostic::Diagnostics;
    use mxcp_core::site::Site;
    use mxcp_core::source::SourceFile;

    use super::*;

    #[test]
    fn every_name_is_read_back_as_it_was() {
        for name in ["shop", "my-shop_2", "off", "123", "a: b", "1e3", "quote\"d", "Käse", " x ", "#1", "~"]
        {
            let file = SourceFile::new("mxcp-site.yml", text(name, name));
            let site = Site::load(&file, &mut Diagnostics::new());
            let site = site.unwrap_or_else(|| panic!("{}", file.text()));
            assert_eq!((site.project.as_str(), site.profile.as_str()), (name, name));
        }
    }

    #[test]
    fn plain_names_stay_plain() {
        let expected = "# yaml-language-server: $schema=.mxcp/schemas/site.schema.json\n\
                        mxcp: 1\nproject: shop\nprofile: default\n";
        assert_eq!(text("shop", "default"), expected);
    }
}
