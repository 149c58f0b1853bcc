//! The aggregations of Sigma 1 (`selection | count() by user > 5`), and the correlation rule that
//! replaces each.

/// The help for a condition with an aggregation: the correlation to write instead.
pub(crate) fn replacement(condition: &str, timeframe: Option<&str>) -> String {
    let (search, aggregation) = condition.split_once('|').unwrap_or((condition, ""));
    let aggregation = aggregation.trim();
    let timespan = timeframe.unwrap_or("5m");
    let search = search.trim();
    let kept = if search.is_empty() {
        "selection"
    } else {
        search
    };
    let intro = format!(
        "keep `condition: {kept}`, give this rule a `name`, and add a second document after `---`:"
    );
    let correlation = if aggregation.starts_with("near") {
        format!(
            "title: …\ncorrelation:\n  type: temporal\n  rules: [NAME, NAME_OF_THE_OTHER]\n  group-by: [FIELD]\n  timespan: {timespan}"
        )
    } else {
        counted(aggregation, timespan)
    };
    let lines: Vec<String> = correlation
        .lines()
        .map(|line| format!("  {line}"))
        .collect();
    format!("{intro}\n{}", lines.join("\n"))
}

/// `count(field) by group > 5` and its like.
fn counted(aggregation: &str, timespan: &str) -> String {
    let (function, rest) = aggregation.split_once('(').unwrap_or((aggregation, ""));
    let (field, rest) = rest.split_once(')').unwrap_or(("", rest));
    let words: Vec<&str> = rest.split_whitespace().collect();
    let group = words
        .iter()
        .position(|word| *word == "by")
        .and_then(|at| words.get(at + 1))
        .filter(|word| !word.starts_with(['<', '>', '=']));
    let bound = words
        .iter()
        .find_map(|word| match *word {
            ">" => Some("gt"),
            ">=" => Some("gte"),
            "<" => Some("lt"),
            "<=" => Some("lte"),
            "=" | "==" => Some("eq"),
            _ => None,
        })
        .unwrap_or("gte");
    let limit = words
        .last()
        .filter(|word| word.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or(&"1");
    let field = field.trim();
    let kind = match (function.trim(), field.is_empty()) {
        ("sum", _) => "value_sum",
        ("avg", _) => "value_avg",
        ("count", false) => "value_count",
        _ => "event_count",
    };
    let field = match field {
        "" => String::new(),
        field => format!("\n    field: {field}"),
    };
    format!(
        "title: …\ncorrelation:\n  type: {kind}\n  rules: [NAME]\n  group-by: [{}]\n  timespan: {timespan}\n  condition:{field}\n    {bound}: {limit}",
        group.unwrap_or(&"FIELD")
    )
}
