//! One field of a search, with its modifiers and values, to an [`draft::Item`].

use std::cell::Cell;
use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::ast::{Comparison, Detection, Regex, Relation, Test, TimePart};
use crate::checks::{self, Check};
use crate::diagnostic::Report;
use crate::draft::{self, Place, Value};
use crate::modifier::{Chain, RegexFlags, Target};
use crate::regex::{self, Refusal};
use crate::scalar::{self, Resolved};
use crate::source::Span;
use crate::text;
use crate::yaml::{Kind, Node, Scalar};

/// Values by the name of their placeholder.
pub type Placeholders = BTreeMap<String, Vec<String>>;

/// Predicates of one document, its placeholders and encodings written out. As many as a document
/// can have values; the longest public rule has about 5,000.
const PREDICATES_MAX: usize = 500_000;

/// What the items of one document share while they are lowered.
pub(crate) struct Lowering<'o> {
    pub(crate) placeholders: &'o Placeholders,
    /// The index of the source that is read; `None` for a pipeline's.
    pub(crate) source: Option<usize>,
    /// Placeholders are left for pipelines to fill.
    pub(crate) deferred: bool,
    predicates: Cell<usize>,
}

impl<'o> Lowering<'o> {
    pub(crate) fn new(placeholders: &'o Placeholders, source: Option<usize>) -> Self {
        Self {
            placeholders,
            source,
            deferred: false,
            predicates: Cell::new(0),
        }
    }

    pub(crate) fn deferred(self, deferred: bool) -> Self {
        Self { deferred, ..self }
    }

    /// Counts predicates that are about to be made; `false` when they would be too many.
    pub(crate) fn spend(&self, predicates: usize) -> bool {
        let sum = self.predicates.get().saturating_add(predicates);
        self.predicates.set(sum);
        sum <= PREDICATES_MAX
    }
}

/// A field of a search while it is lowered; `field` is `None` for keywords.
#[derive(Clone)]
pub(crate) struct ItemReader<'i> {
    pub(crate) field: Option<String>,
    pub(crate) chain: Chain,
    pub(crate) key_span: Span,
    pub(crate) shared: &'i Lowering<'i>,
}

impl ItemReader<'_> {
    /// The item that the values come to; `None` when one was refused.
    pub(crate) fn lower(&self, values: &Node<'_>, report: &mut Report<'_>) -> Option<draft::Item> {
        let mut parts = Vec::new();
        let mut whole = true;
        match &values.kind {
            Kind::List(items) => {
                if items.is_empty() {
                    report.add(
                        &checks::VALUE_LIST_EMPTY,
                        &self.key_span,
                        "the list of values is empty",
                        "give at least one value; `null` tests that a field is absent, '' that it is empty",
                    );
                    return None;
                }
                whole = self.lower_list(items, &mut parts, report);
            }
            _ => match self.lower_value(values, false, report) {
                Some(part) => parts.push(part),
                None => whole = false,
            },
        }
        if self.chain.all && whole && parts.len() == 1 {
            report.add(
                &checks::ALL_SINGLE_VALUE,
                &self.key_span,
                "`all` has a single value",
                "leave `all` out; to ask twice of one field, use a search of its own for each",
            );
            whole = false;
        }
        whole.then(|| self.item(parts))
    }

    pub(crate) fn item(&self, values: Vec<Value>) -> draft::Item {
        draft::Item {
            field: self.field.clone(),
            values,
            all: self.chain.all,
            negated: self.chain.negated,
            placed: self.chain.places(),
            place: self.place(&self.key_span),
            applied: Vec::new(),
        }
    }

    pub(crate) fn place(&self, span: &Span) -> Place {
        Place::new(self.shared.source, span)
    }

    fn lower_list(
        &self,
        items: &[Node<'_>],
        parts: &mut Vec<Value>,
        report: &mut Report<'_>,
    ) -> bool {
        let mut whole = true;
        for item in items {
            match &item.kind {
                Kind::List(inner) if !self.chain.all && !inner.is_empty() => {
                    whole &= self.lower_list(inner, parts, report);
                }
                _ => match self.lower_value(item, true, report) {
                    Some(part) => parts.push(part),
                    None => whole = false,
                },
            }
        }
        whole
    }

    pub(crate) fn lower_value(
        &self,
        node: &Node<'_>,
        in_list: bool,
        report: &mut Report<'_>,
    ) -> Option<Value> {
        let Kind::Scalar(value) = &node.kind else {
            report.add(
                &checks::VALUE_TYPE,
                &node.span,
                "a value is a text, a number, a boolean or null, or a list of these",
                "write a field inside a field with dots: `outer.inner: value`",
            );
            return None;
        };
        let resolved = scalar::resolve(value);
        if resolved == Resolved::Null {
            return self.null(node, in_list, report);
        }
        match &self.chain.target {
            Target::Text(steps) => text::lower(self, steps, value, &node.span, report),
            Target::Regex(flags) => self.regex(flags, value, &node.span, report),
            Target::Cidr => self.cidr(value, &node.span, report),
            Target::Compare(comparison) => {
                let number = self.number(value, &node.span, report)?;
                Some(is(Test::Compare(*comparison, number)))
            }
            Target::FieldRef(relation) => self.field_ref(*relation, value, &node.span, report),
            Target::Exists if self.field.is_none() => refuse_type(
                &self.key_span,
                "`exists` has no field to look for",
                "name the field: `field|exists: true`",
                report,
            ),
            Target::Exists => match resolved {
                Resolved::Bool(exists) => Some(is(Test::Exists(exists))),
                _ => refuse_type(
                    &node.span,
                    "`exists` takes true or false",
                    "write `field|exists: true` or `field|exists: false`, without quotes",
                    report,
                ),
            },
            Target::Time(part, comparison) => {
                self.time(*part, *comparison, value, &node.span, report)
            }
        }
    }

    fn null(&self, node: &Node<'_>, in_list: bool, report: &mut Report<'_>) -> Option<Value> {
        let span = if node.span.is_empty() {
            &self.key_span
        } else {
            &node.span
        };
        if in_list {
            report.add(
                &checks::VALUE_NULL_IN_LIST,
                span,
                "`null` cannot stand in a list of values",
                "test it in a search of its own and join the two in the condition; for the empty text write ''",
            );
            return None;
        }
        match &self.chain.target {
            Target::Text(steps) if steps.is_empty() && self.field.is_some() => Some(Value::Null),
            _ => {
                report.add(
                    &checks::VALUE_TYPE,
                    span,
                    "the value is null",
                    "only a field without modifiers can be null; for the empty text write ''",
                );
                None
            }
        }
    }

    fn regex(
        &self,
        flags: &RegexFlags,
        value: &Scalar<'_>,
        span: &Span,
        report: &mut Report<'_>,
    ) -> Option<Value> {
        if self.chain.expand {
            let kind = text::TemplateKind::Regex(flags.clone());
            return text::expand(self, &kind, &value.text, span, report);
        }
        text::spend(self, 1, span, report)?;
        match regex(flags, &value.text) {
            Ok(test) => Some(is(test)),
            Err(fault) => {
                report.add(fault.check, span, fault.message, fault.help);
                None
            }
        }
    }

    fn cidr(&self, value: &Scalar<'_>, span: &Span, report: &mut Report<'_>) -> Option<Value> {
        if self.chain.expand {
            return text::expand(self, &text::TemplateKind::Cidr, &value.text, span, report);
        }
        text::spend(self, 1, span, report)?;
        match network(&value.text) {
            Ok(network) => Some(is(Test::Cidr(network))),
            Err(help) => {
                let message = format!("`{}` is no network", value.text);
                report.add(&checks::CIDR_FORMAT, span, message, help);
                None
            }
        }
    }

    fn number(&self, value: &Scalar<'_>, span: &Span, report: &mut Report<'_>) -> Option<f64> {
        match scalar::number(value.text.trim()) {
            Some(number) => Some(number.value),
            None => refuse_type(
                span,
                "the modifier compares numbers, and this is none",
                "write a decimal number; addresses are compared with `cidr`",
                report,
            ),
        }
    }

    fn field_ref(
        &self,
        relation: Relation,
        value: &Scalar<'_>,
        span: &Span,
        report: &mut Report<'_>,
    ) -> Option<Value> {
        let field = field_name(&value.text);
        if field.is_empty() {
            return refuse_type(
                span,
                "`fieldref` takes the name of a field",
                "name the field whose value to compare with; for the empty text leave `fieldref` out",
                report,
            );
        }
        Some(Value::FieldRef {
            field,
            relation,
            cased: self.chain.cased,
        })
    }

    fn time(
        &self,
        part: TimePart,
        comparison: Option<Comparison>,
        value: &Scalar<'_>,
        span: &Span,
        report: &mut Report<'_>,
    ) -> Option<Value> {
        let (low, high) = domain(part);
        let number: Option<i64> = value.text.trim().parse().ok();
        let Some(number) = number.filter(|number| (low..=high).contains(number)) else {
            let message = format!("this part of a date is a whole number from {low} to {high}");
            let help = "a date gives numbers: `time|hour: 3`, `time|hour|gte: 22`";
            return refuse_type(span, &message, help, report);
        };
        let range = match comparison {
            None => number..=number,
            Some(Comparison::Less) => low..=number - 1,
            Some(Comparison::LessOrEqual) => low..=number,
            Some(Comparison::Greater) => number + 1..=high,
            Some(Comparison::GreaterOrEqual) => number..=high,
        };
        if range.is_empty() {
            return refuse_type(
                span,
                "no date can satisfy this comparison",
                &format!("the part is a whole number from {low} to {high}"),
                report,
            );
        }
        let count = range.clone().count();
        text::spend(self, count, span, report)?;
        let tests = range.map(|number| Test::TimePart(part, number));
        Some(Value::Tests(tests.collect()))
    }
}

/// Why a text is no regular expression that can be used.
pub(crate) struct RegexFault {
    pub(crate) check: &'static Check,
    pub(crate) message: String,
    pub(crate) help: &'static str,
}

pub(crate) fn regex(flags: &RegexFlags, text: &str) -> Result<Test, RegexFault> {
    // Wrapped before it is checked: under `(?x)` a comment could swallow the parenthesis.
    let wrapped = match flags.relation {
        Some(Relation::StartsWith) => format!("\\A(?:{text})"),
        Some(Relation::EndsWith) => format!("(?:{text})\\z"),
        _ => text.to_owned(),
    };
    match regex::translate(&wrapped, flags.multi_line, flags.insensitive) {
        Ok(pattern) => Ok(Test::Regex(Regex {
            pattern,
            case_insensitive: flags.insensitive,
            multi_line: flags.multi_line,
            dot_matches_new_line: flags.single_line,
        })),
        Err(Refusal::Syntax(why)) => Err(RegexFault {
            check: &checks::REGEX_SYNTAX,
            message: format!("the regular expression cannot be read: {why}"),
            help: "a backslash, dot, star, parenthesis or bracket that is meant literally needs a backslash before it",
        }),
        Err(Refusal::Unsupported(what)) => Err(RegexFault {
            check: &checks::REGEX_UNSUPPORTED,
            message: format!("the regular expression uses {what}"),
            help: "Sigma's subset has none, and matching in linear time cannot have it: test the parts in two items and join them in the condition (look-ahead: with `and`, negative: with `and not`)",
        }),
        Err(Refusal::Size) => Err(RegexFault {
            check: &checks::REGEX_SIZE,
            message: "the regular expression is too large when its repetitions are written out"
                .to_owned(),
            help: "lower the counts in {}, or split the expression into a list of values",
        }),
    }
}

fn is(test: Test) -> Value {
    Value::Tests(vec![test])
}

fn refuse_type<T>(span: &Span, message: &str, help: &str, report: &mut Report<'_>) -> Option<T> {
    report.add(&checks::VALUE_TYPE, span, message, help);
    None
}

/// The values that a part of a date can have. Years end where a comparison with a year would
/// otherwise write out too many.
fn domain(part: TimePart) -> (i64, i64) {
    match part {
        TimePart::Minute => (0, 59),
        TimePart::Hour => (0, 23),
        TimePart::Day => (1, 31),
        TimePart::Week => (1, 53),
        TimePart::Month => (1, 12),
        TimePart::Year => (1900, 2200),
    }
}

/// A network, or the help for the text that is none.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let network: IpNet = match text.parse() {
        Ok(network) => network,
        Err(_) => match text.parse::<std::net::IpAddr>() {
            Ok(address) => return Ok(IpNet::from(address)),
            Err(_) => {
                return Err(
                    "write ADDRESS/BITS, for example 10.0.0.0/8 or 2001:db8::/32, or one address"
                        .to_owned(),
                );
            }
        },
    };
    let truncated = network.trunc();
    if truncated == network {
        Ok(network)
    } else {
        Err(format!(
            "bits are set beyond the prefix: write {truncated}, or {}/{} for the one address",
            network.addr(),
            network.max_prefix_len()
        ))
    }
}

/// A field's name as events have it: the specification strips blanks.
pub(crate) fn field_name(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

pub(crate) fn any(mut parts: Vec<Detection>) -> Detection {
    match parts.len() {
        1 => parts.remove(0),
        _ => Detection::Any(parts),
    }
}

pub(crate) fn all(mut parts: Vec<Detection>) -> Detection {
    match parts.len() {
        1 => parts.remove(0),
        _ => Detection::All(parts),
    }
}
