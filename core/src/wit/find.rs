//! Functions of a component by the path that a definition writes.

use super::{Function, World};

/// Why a path leads to no function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFunction<'w> {
    /// The component exports nothing of that name.
    Absent,
    /// It exports that, and it can't be called.
    Unusable(&'w str),
    /// Several versions of the interface have it: their paths.
    Ambiguous(Vec<&'w str>),
}

impl World {
    /// The function at `path` and its full path. The version may be left out: `acme:text/analysis.sentiment` leads to
    /// that of `acme:text/analysis@1.0.0`.
    ///
    /// # Errors
    /// There is no such function, or more than one.
    pub fn find(&self, path: &str) -> Result<(&str, &Function), NoFunction<'_>> {
        if let Some((full, function)) = self.functions.get_key_value(path) {
            return Ok((full, function));
        }
        let mut found = self.functions.iter().filter(|(full, _)| is_without_version(path, full));
        match (found.next(), found.next()) {
            (Some((full, function)), None) => Ok((full, function)),
            (Some((one, _)), Some((other, _))) => {
                let rest = found.map(|(full, _)| full.as_str());
                Err(NoFunction::Ambiguous([one.as_str(), other.as_str()].into_iter().chain(rest).collect()))
            }
            (None, _) => {
                let unusable =
                    self.unusable.iter().find(|(full, _)| *full == path || is_without_version(path, full));
                Err(unusable.map_or(NoFunction::Absent, |(_, why)| NoFunction::Unusable(why)))
            }
        }
    }
}

/// Whether `path` is `full` but for the version in it. Versions have points, names of functions have none.
fn is_without_version(path: &str, full: &str) -> bool {
    let Some((interface, rest)) = full.split_once('@') else { return false };
    let name = rest.rsplit_once('.').map_or("", |(_, name)| name);
    path.strip_prefix(interface).and_then(|rest| rest.strip_prefix('.')) == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(paths: &[&str]) -> World {
        let function = Function { documentation: None, parameters: Vec::new(), result: None };
        World {
            functions: paths.iter().map(|path| ((*path).to_owned(), function.clone())).collect(),
            unusable: [("acme:text/store@1.0.0.open".to_owned(), "why".to_owned())].into(),
            imports: Vec::new(),
        }
    }

    #[test]
    fn the_version_may_be_left_out_where_there_is_one() {
        let world = world(&["acme:text/analysis@1.2.3-rc.1+b.7.sentiment", "ping", "a:b/c.d"]);
        let full = |path| world.find(path).map(|(full, _)| full);
        assert_eq!(full("acme:text/analysis.sentiment"), Ok("acme:text/analysis@1.2.3-rc.1+b.7.sentiment"));
        assert_eq!(
            full("acme:text/analysis@1.2.3-rc.1+b.7.sentiment"),
            Ok("acme:text/analysis@1.2.3-rc.1+b.7.sentiment")
        );
        assert_eq!(full("ping"), Ok("ping"));
        assert_eq!(full("a:b/c.d"), Ok("a:b/c.d"));
        for path in
            ["acme:text/analysis@1.2.3.sentiment", "sentiment", "acme:text/analysis.senti", "a:b/c.", ""]
        {
            assert_eq!(full(path), Err(NoFunction::Absent), "{path}");
        }
    }

    #[test]
    fn several_versions_and_unusable_functions_are_told_apart() {
        let world = world(&["a:b/c@1.0.0.d", "a:b/c@2.0.0.d"]);
        assert_eq!(world.find("a:b/c.d"), Err(NoFunction::Ambiguous(vec!["a:b/c@1.0.0.d", "a:b/c@2.0.0.d"])));
        assert_eq!(world.find("acme:text/store.open"), Err(NoFunction::Unusable("why")));
        assert_eq!(world.find("acme:text/store@1.0.0.open"), Err(NoFunction::Unusable("why")));
    }
}
