//! What dbt calls a project.

use crate::project::Project;

/// What dbt calls a project. It has no hyphens in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// Its project.
    pub(crate) project: String,
    /// The entry of `profiles.yml`.
    pub(crate) profile: String,
    /// The output of that entry, and its target.
    pub(crate) target: String,
}

impl Names {
    /// The names of a project with its active profile.
    pub(crate) fn of(project: &Project) -> Self {
        Self::from(&project.site.project, &project.profile)
    }

    fn from(project: &str, profile: &str) -> Self {
        let (project, target) = (project.replace('-', "_"), profile.replace('-', "_"));
        Self { profile: format!("{project}_{target}"), project, target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_hyphens() {
        let names = Names::from("my-shop", "prod-eu");
        assert_eq!(
            [names.project.as_str(), &names.profile, &names.target],
            ["my_shop", "my_shop_prod_eu", "prod_eu"]
        );
    }
}
