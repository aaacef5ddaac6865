//! Passwords in what DuckDB says: it quotes the address that it can't connect to, as it was given.

use std::borrow::Cow;

/// What stands for a password.
const HIDDEN: &str = "***";

/// The same message without passwords in URLs (RFC 3986, section 3.2.1) and in connection strings of PostgreSQL
/// (`password=…`).
pub(crate) fn hidden(message: String) -> String {
    match of_strings(&message) {
        Cow::Owned(text) => of_urls(&text).into_owned(),
        Cow::Borrowed(_) => match of_urls(&message) {
            Cow::Owned(text) => text,
            Cow::Borrowed(_) => message,
        },
    }
}

/// `scheme://user:password@host`. The last `@` before the path ends the password, which may have some itself.
fn of_urls(message: &str) -> Cow<'_, str> {
    replaced(message, "://", |rest| {
        let authority = rest.split(['/', '?', '#', '"', '\'', ' ', '\n']).next()?;
        let (before, _host) = authority.rsplit_once('@')?;
        let (user, password) = before.split_once(':')?;
        (!password.is_empty()).then_some((user.len() + 1, before.len()))
    })
}

/// `password=secret` and `password='a secret'`, in which a backslash takes the next character as it is.
fn of_strings(message: &str) -> Cow<'_, str> {
    replaced(message, "password=", |rest| match rest.strip_prefix('\'') {
        Some(quoted) => {
            let mut escaped = false;
            let end = quoted.find(|character: char| {
                let ends = character == '\'' && !escaped;
                escaped = character == '\\' && !escaped;
                ends
            });
            Some((1, 1 + end.unwrap_or(quoted.len())))
        }
        None => {
            let end = rest.find([' ', '"', '\n']).unwrap_or(rest.len());
            (end > 0).then_some((0, end))
        }
    })
}

/// A message in which, behind each `mark`, the part that `find` gives is hidden.
fn replaced<'a>(message: &'a str, mark: &str, find: impl Fn(&str) -> Option<(usize, usize)>) -> Cow<'a, str> {
    let mut made = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once(mark) {
        made.push_str(before);
        made.push_str(mark);
        rest = after;
        if let Some((start, end)) = find(after)
            && let (Some(kept), Some(left)) = (after.get(..start), after.get(end..))
        {
            made.push_str(kept);
            made.push_str(HIDDEN);
            rest = left;
        }
    }
    if made.is_empty() {
        return Cow::Borrowed(message);
    }
    made.push_str(rest);
    Cow::Owned(made)
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn passwords_are_not_told() {
        let cases = [
            (
                r#"IO Error: Unable to connect to Postgres at "postgresql://ada:s3cret@db:5432/shop": refused"#,
                r#"IO Error: Unable to connect to Postgres at "postgresql://ada:***@db:5432/shop": refused"#,
            ),
            ("a://u:p@ss:w@h b://x:y@z", "a://u:***@h b://x:***@z"),
            ("a://u@h/p:q@r, a://h:80/x@y, a://u:@h", "a://u@h/p:q@r, a://h:80/x@y, a://u:@h"),
            ("dbname=shop password=s3cret host=db", "dbname=shop password=*** host=db"),
            (r"password='it\'s s3cret' host=db", "password='***' host=db"),
            ("password='unended s3cret", "password='***"),
            ("nothing to hide: 50 % of x = y", "nothing to hide: 50 % of x = y"),
        ];
        for (message, expected) in cases {
            assert_eq!(hidden(message.to_owned()), expected);
        }
    }
}
