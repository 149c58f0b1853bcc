//! Names with `*` in them, compared without regard to case.

/// A pattern of a host's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<String>);

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let pattern = pattern.to_lowercase();
        Self(pattern.split('*').map(str::to_owned).collect())
    }

    /// `name` is in lower case.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|whole| whole == name);
        };
        let Some(mut rest) = name.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in middle {
            match rest.split_once(part.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(
                Glob::new(pattern).matches(name),
                expected,
                "{pattern} {name}"
            );
        };
        check("web1", "web1", true);
        check("Web1", "web1", true);
        check("web", "web1", false);
        check("web*", "web1", true);
        check("web*", "web", true);
        check("*.example.net", "db.example.net", true);
        check("*.example.net", "example.net", false);
        check("db-*-*.net", "db-a-b.net", true);
        check("db-*-*.net", "db-a.net", false);
        check("a*a", "a", false);
        check("*", "", true);
        check("", "", true);
        check("", "a", false);
    }
}
