//! What the program says.

#[expect(clippy::print_stdout, reason = "a program that prints tables")]
pub fn say(line: &str) {
    println!("{line}");
}

/// A row of a table.
pub fn row(cells: &[String]) {
    say(&format!("| {} |", cells.join(" | ")));
}

/// The head of a table; all columns but the first are aligned to the right.
pub fn head(title: &str, cells: &[&str]) {
    say(&format!("\n{title}\n"));
    row(&cells
        .iter()
        .map(|cell| (*cell).to_owned())
        .collect::<Vec<_>>());
    let rest = vec!["--:|"; cells.len().saturating_sub(1)].concat();
    say(&format!("|---|{rest}"));
}

/// A number with its thousands apart.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A multiple of something.
pub fn times(factor: f64) -> String {
    match factor {
        factor if factor.is_nan() => "-".to_owned(),
        factor if factor.abs() < 10.0 => format!("{factor:.2}"),
        factor => thousands(factor),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts for people")]
pub fn as_f64(count: usize) -> f64 {
    count as f64
}
