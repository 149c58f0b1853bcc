//! The pairs of a record's body.

/// A value as the record writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw<'a> {
    /// Without its quotes.
    pub(super) text: &'a str,
    /// In double quotes: then it is literal, never hexadecimal.
    pub(super) quoted: bool,
}

/// Iterates over `key=value`, `key="value"`, `key={ … }`, and the pairs inside `msg='…'` as if
/// they stood outside. Words that are no pair are passed over.
pub(super) struct Pairs<'a> {
    rest: &'a str,
    /// What follows the quoted `msg` that is being read.
    after: &'a str,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(body: &'a str) -> Self {
        Self {
            rest: body,
            after: "",
        }
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = self.rest.trim_start();
            if text.is_empty() {
                if self.after.is_empty() {
                    return None;
                }
                self.rest = std::mem::take(&mut self.after);
                continue;
            }
            let end = text
                .bytes()
                .position(|byte| matches!(byte, b'=' | b' '))
                .unwrap_or(text.len());
            let (key, value) = text.split_at_checked(end).unwrap_or((text, ""));
            let Some(value) = value.strip_prefix('=') else {
                self.rest = value;
                continue;
            };
            if key == "msg"
                && let Some(inner) = value.strip_prefix('\'')
            {
                // The last quote ends it: what is inside may hold others.
                let (inner, after) = inner.rsplit_once('\'').unwrap_or((inner, ""));
                self.rest = inner;
                self.after = after;
                continue;
            }
            let (raw, rest) = take(value);
            self.rest = rest;
            if !key.is_empty() {
                return Some((key, raw));
            }
        }
    }
}

fn take(value: &str) -> (Raw<'_>, &str) {
    if let Some(inner) = value.strip_prefix('"')
        && let Some((text, rest)) = inner.split_once('"')
    {
        return (Raw { text, quoted: true }, rest);
    }
    if let Some(inner) = value.strip_prefix('{')
        && let Some((text, rest)) = inner.split_once('}')
    {
        let text = text.trim();
        return (Raw { text, quoted: true }, rest);
    }
    let (text, rest) = value.split_once(' ').unwrap_or((value, ""));
    let raw = Raw {
        text,
        quoted: false,
    };
    (raw, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_plain_quoted_braced_or_nested() {
        let check = |body: &str, expected: &[(&str, &str)]| {
            let found: Vec<_> = Pairs::new(body).map(|(key, raw)| (key, raw.text)).collect();
            assert_eq!(found, expected, "{body}");
        };
        check("a=1 b=\"x y\"  c=", &[("a", "1"), ("b", "x y"), ("c", "")]);
        check(
            "pid=1 msg='op=PAM:a acct=\"u\" res=success' tail=1",
            &[
                ("pid", "1"),
                ("op", "PAM:a"),
                ("acct", "u"),
                ("res", "success"),
                ("tail", "1"),
            ],
        );
        check(
            "SADDR={ fam=inet lport=1 }",
            &[("SADDR", "fam=inet lport=1")],
        );
        check("avc:  denied  { read } for  pid=9", &[("pid", "9")]);
        check("a=\"open", &[("a", "\"open")]);
        check("= == a", &[]);
        check("", &[]);
    }
}
