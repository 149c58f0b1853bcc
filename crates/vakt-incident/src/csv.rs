//! CSV as RFC 4180 has it: CRLF, and quotes around what holds a comma, a quote or a line's end.
//!
//! Programs that calculate take a cell that begins with `=`, `+`, `-` or `@` for a formula. Such text
//! gets an apostrophe in front, unless it is a number.

/// A record with its end.
pub fn record(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&cell)).collect();
    cells.join(",") + "\r\n"
}

/// A text as a cell that no program calculates with.
pub fn text(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if is_formula && text.parse::<f64>().is_err() {
        return format!("'{text}");
    }
    text.to_owned()
}

fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}
