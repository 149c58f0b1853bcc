//! Sigma log sources (Sigma specification, "Log source").

use std::borrow::Cow;
use std::fmt;

/// A log source: of a rule, what it asks for; of an event, what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogSource<'a> {
    pub product: Option<Cow<'a, str>>,
    pub category: Option<Cow<'a, str>>,
    pub service: Option<Cow<'a, str>>,
}

impl<'a> LogSource<'a> {
    /// A log source of fixed words; an empty word means that the part is not given.
    pub const fn of(product: &'a str, category: &'a str, service: &'a str) -> Self {
        const fn part(word: &str) -> Option<Cow<'_, str>> {
            if word.is_empty() {
                None
            } else {
                Some(Cow::Borrowed(word))
            }
        }
        Self {
            product: part(product),
            category: part(category),
            service: part(service),
        }
    }

    /// Whether an event that shows `self` meets a rule that asks for `asked`: every part that the
    /// rule names is shown, with the same word.
    pub fn satisfies(&self, asked: &LogSource<'_>) -> bool {
        let part = |shown: &Option<Cow<'_, str>>, asked: &Option<Cow<'_, str>>| match asked {
            None => true,
            Some(asked) => shown
                .as_ref()
                .is_some_and(|shown| shown.eq_ignore_ascii_case(asked)),
        };
        part(&self.product, &asked.product)
            && part(&self.category, &asked.category)
            && part(&self.service, &asked.service)
    }

    pub fn is_empty(&self) -> bool {
        self.product.is_none() && self.category.is_none() && self.service.is_none()
    }

    pub fn into_owned(self) -> LogSource<'static> {
        let owned = |part: Option<Cow<'_, str>>| part.map(|word| Cow::Owned(word.into_owned()));
        LogSource {
            product: owned(self.product),
            category: owned(self.category),
            service: owned(self.service),
        }
    }
}

/// `product=windows,category=process_creation`: the form that `--logsource` takes.
impl fmt::Display for LogSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("product", &self.product),
            ("category", &self.category),
            ("service", &self.service),
        ];
        let mut first = true;
        for (name, word) in parts {
            if let Some(word) = word {
                if !first {
                    f.write_str(",")?;
                }
                write!(f, "{name}={word}")?;
                first = false;
            }
        }
        Ok(())
    }
}
