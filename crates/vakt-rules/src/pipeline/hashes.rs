//! `hashes_fields`: one field that lists hashes by algorithm, to a field for each algorithm.

use super::values::plain;
use crate::ast::Pattern;
use crate::checks;
use crate::draft::{Failure, Item, Part, Value};
use crate::pattern;

#[derive(Clone, Debug)]
pub(super) struct Hashes {
    /// In capitals.
    pub(super) algorithms: Vec<String>,
    pub(super) prefix: String,
    pub(super) without_algorithm: bool,
}

/// Hexadecimal digits of a hash that names no algorithm.
const LENGTHS: [(usize, &str); 4] = [(32, "MD5"), (40, "SHA1"), (64, "SHA256"), (128, "SHA512")];

impl Hashes {
    /// The items by algorithm, joined by OR; `None` for an item whose values are not all texts.
    pub(super) fn split(&self, item: &Item) -> Result<Option<Part>, Box<Failure>> {
        let mut by_field: Vec<(String, Vec<Value>)> = Vec::new();
        for value in &item.values {
            let Value::Text(Pattern { cased, .. }) = value else {
                return Ok(None);
            };
            let Some((field, hash)) = plain(value).and_then(|text| self.field(&text)) else {
                continue;
            };
            let value = Value::Text(Pattern {
                tokens: pattern::parse(&hash),
                cased: *cased,
            });
            match by_field.iter_mut().find(|(known, _)| *known == field) {
                Some((_, values)) => values.push(value),
                None => by_field.push((field, vec![value])),
            }
        }
        if by_field.is_empty() {
            return Err(Box::new(Failure {
                place: Some(item.place.clone()),
                check: &checks::PIPELINE_FAILURE,
                message: "a pipeline splits hashes by algorithm, and no value names one of them"
                    .to_owned(),
                help: format!(
                    "write ALGORITHM=HASH with one of {}, or narrow the step `hashes_fields` by `field_name_conditions`",
                    self.algorithms.join(", ")
                ),
            }));
        }
        let of_field = |(field, values): (String, Vec<Value>)| {
            Part::Item(Box::new(Item {
                field: (!field.is_empty() && field != "keyword").then_some(field),
                values,
                all: false,
                ..item.clone()
            }))
        };
        let parts: Vec<Part> = by_field.into_iter().map(of_field).collect();
        Ok(Some(if item.negated {
            Part::All(parts)
        } else {
            Part::Any(parts)
        }))
    }

    /// The field and the hash of `SHA1=…`, `*MD5=…`, `sha256|…`, or of a bare hash.
    fn field(&self, text: &str) -> Option<(String, String)> {
        let separator = if text.contains('|') { '|' } else { '=' };
        let parts: Vec<&str> = text.split(separator).collect();
        let (algorithm, hash) = match parts.as_slice() {
            [algorithm, hash] => (algorithm.trim_start_matches('*').to_uppercase(), *hash),
            [hash, ..] => {
                let length = hash.chars().count();
                let known = LENGTHS.iter().find(|(known, _)| *known == length)?;
                (known.1.to_owned(), *hash)
            }
            [] => return None,
        };
        if !self.algorithms.contains(&algorithm) {
            return None;
        }
        let name = if self.without_algorithm {
            ""
        } else {
            &algorithm
        };
        Some((format!("{}{name}", self.prefix), hash.to_owned()))
    }
}
