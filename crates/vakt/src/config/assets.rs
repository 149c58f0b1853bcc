//! `assets:`: what stands behind hosts and addresses, here or in a file of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ipnet::IpNet;
use vakt_incident::asset::{ASSET_NAMES_MAX, ASSETS_MAX};
use vakt_incident::coverage::{LogKind, UnknownLogKind};
use vakt_incident::{Asset, Assets, Criticality};
use vakt_rules::yaml::{self, Kind, Node};
use vakt_rules::{Diagnostic, Report, RuleSource, SourceText, add_fault};

use super::read::{CONFIG_FILE, CONFIG_TYPE, CONFIG_VALUE, Section, text};
use super::schema::Files;

/// A file of assets must be smaller than this, in bytes: ten thousand assets of some hundred bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

const CRITICALITY: &str = "low, medium, high or critical";

/// Where assets are listed.
#[derive(Clone, Debug, PartialEq)]
pub enum AssetSource {
    Listed(Vec<Asset>),
    File(PathBuf),
}

impl Default for AssetSource {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl AssetSource {
    /// The assets, to be found by host and address.
    ///
    /// # Errors
    /// A file that cannot be read, or is no list of assets; then with all that is wrong.
    pub fn read(&self) -> Result<Arc<Assets>> {
        let listed = match self {
            Self::Listed(assets) => assets.clone(),
            Self::File(path) => {
                let (assets, diagnostics) = read(path)?;
                if !diagnostics.is_empty() {
                    let shown: String = diagnostics.iter().map(ToString::to_string).collect();
                    bail!("the assets are refused\n{shown}");
                }
                assets
            }
        };
        Ok(Arc::new(Assets::new(listed)?))
    }
}

/// The key `assets`: a list, or the path of a file that holds one.
pub(super) fn assets(node: &Node<'_>, files: Files, report: &mut Report<'_>) -> AssetSource {
    let Kind::Scalar(scalar) = &node.kind else {
        return AssetSource::Listed(list(node, report));
    };
    let path = PathBuf::from(scalar.text.as_ref());
    if files == Files::Read {
        match read(&path) {
            Ok((_, diagnostics)) => {
                for one in diagnostics {
                    let place = format!("{}:{}:{}", one.path, one.line, one.column);
                    let message = format!("{place}: {}", one.message);
                    report.add(&CONFIG_FILE, &node.span, message, one.help);
                }
            }
            Err(error) => report.add(
                &CONFIG_FILE,
                &node.span,
                format!("{error:#}"),
                "name a file that holds a list of assets, or write the list here",
            ),
        }
    }
    AssetSource::File(path)
}

/// The assets of a file, and everything that is wrong in it.
fn read(path: &Path) -> Result<(Vec<Asset>, Vec<Diagnostic>)> {
    let shown = path.display().to_string();
    let cannot = || format!("cannot read the assets {shown}");
    let bytes = std::fs::metadata(path).with_context(cannot)?.len();
    if bytes > FILE_BYTES_MAX {
        bail!("the assets {shown} have {bytes} bytes; the most is {FILE_BYTES_MAX}");
    }
    let text = std::fs::read_to_string(path).with_context(cannot)?;
    let source = RuleSource {
        path: shown,
        text,
        embedded: false,
    };
    let source = SourceText::new(&source);
    let mut report = Report::new(&source);
    let (documents, broken) = yaml::parse(source.text);
    let faults = documents.iter().flat_map(|document| &document.faults);
    for fault in broken.iter().chain(faults) {
        add_fault(fault, &mut report);
    }
    let listed = documents
        .first()
        .map(|document| list(&document.root, &mut report));
    Ok((listed.unwrap_or_default(), report.finish()))
}

fn list(node: &Node<'_>, report: &mut Report<'_>) -> Vec<Asset> {
    let Kind::List(items) = &node.kind else {
        report.add(
            &CONFIG_TYPE,
            &node.span,
            "assets are a list",
            "write `- name: …` with `hosts` or `addresses` for each",
        );
        return Vec::new();
    };
    if items.len() > ASSETS_MAX {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("there are {} assets; the most is {ASSETS_MAX}", items.len()),
            "write patterns or networks for groups of machines",
        );
        return Vec::new();
    }
    let listed: Vec<Asset> = items
        .iter()
        .filter_map(|item| asset(item, report))
        .collect();
    if let Err(error) = Assets::new(listed.clone()) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            error.to_string(),
            "list them by name",
        );
    }
    listed
}

fn asset(node: &Node<'_>, report: &mut Report<'_>) -> Option<Asset> {
    let mut section = Section::new("assets", node, report)?;
    let name = section.required("name", report);
    let mut hosts = Vec::new();
    for host in section.list("hosts") {
        hosts.extend(text("hosts", host, report).filter(|host| !host.is_empty()));
    }
    let mut addresses = Vec::new();
    for node in section.list("addresses") {
        addresses.extend(text("addresses", node, report).and_then(|it| network(&it, node, report)));
    }
    let criticality: Option<Criticality> = section.parsed("criticality", CRITICALITY, report);
    let owner = section.text("owner", report);
    let mut services = Vec::new();
    for service in section.list("services") {
        services.extend(text("services", service, report));
    }
    let expect = kinds(&mut section, "expect", report);
    let counts_as = kinds(&mut section, "counts_as", report);
    section.finish(report);
    let names = hosts.len() + addresses.len();
    if names == 0 || names > ASSET_NAMES_MAX {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!(
                "an asset has 1 to {ASSET_NAMES_MAX} hosts and addresses, and this one {names}"
            ),
            "write `hosts` (names, with `*` for any characters) or `addresses` (also networks)",
        );
        return None;
    }
    Some(Asset {
        name: name?,
        hosts,
        addresses,
        criticality: criticality.unwrap_or_default(),
        owner,
        services,
        expect,
        counts_as: counts_as.unwrap_or_default(),
    })
}

/// Kinds of logs under a key; `None` where it is not there.
fn kinds(
    section: &mut Section<'_, '_>,
    key: &'static str,
    report: &mut Report<'_>,
) -> Option<Vec<LogKind>> {
    section.get(key)?;
    let mut kinds = Vec::new();
    for node in section.list(key) {
        let Some(name) = text(key, node, report) else {
            continue;
        };
        match name.parse() {
            Ok(kind) => kinds.push(kind),
            Err(UnknownLogKind { name, help }) => {
                let message = format!("there is no kind of log `{name}`");
                report.add(&CONFIG_VALUE, &node.span, message, help);
            }
        }
    }
    Some(kinds)
}

/// An address is the network of itself alone.
fn network(text: &str, node: &Node<'_>, report: &mut Report<'_>) -> Option<IpNet> {
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    let network: Option<IpNet> = text.parse().or_else(|_| address()).ok();
    match network {
        Some(network) if network.trunc() == network => Some(network),
        Some(network) => {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{text}` has host bits"),
                format!("write {}", network.trunc()),
            );
            None
        }
        None => {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{text}` is neither an address nor a network"),
                "write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32; names of machines go into `hosts`",
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::parse;

    fn check(listed: &str, expected: &[&str]) {
        let (_, diagnostics) = parse("vakt.yaml", &format!("assets:\n{listed}"), Files::Untouched);
        let found: Vec<String> = diagnostics
            .iter()
            .map(|one| format!("{}:{} {}", one.line, one.column, one.message))
            .collect();
        assert_eq!(found, expected, "{listed}");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        check("  - {name: a, hosts: [a]}\n", &[]);
        check("  - {hosts: [a]}\n", &["2:5 assets needs `name`"]);
        check(
            "  - {name: a}\n",
            &["2:5 an asset has 1 to 200 hosts and addresses, and this one 0"],
        );
        check(
            "  - {name: a, addresses: [10.0.0.1/8, 10.0.0.0/8, web1]}\n",
            &[
                "2:27 `10.0.0.1/8` has host bits",
                "2:51 `web1` is neither an address nor a network",
            ],
        );
        check(
            "  - {name: a, hosts: [a], criticality: utmost}\n",
            &["2:40 `criticality: utmost` is not low, medium, high or critical"],
        );
        check(
            "  - {name: a, hosts: [a], expect: [authentication, authenticaton], counts_as: []}\n",
            &["2:52 there is no kind of log `authenticaton`"],
        );
        check("  a: b\n", &["2:3 assets are a list"]);
        let many = "  - {name: a, hosts: [a]}\n".repeat(ASSETS_MAX + 1);
        check(&many, &["2:3 there are 10001 assets; the most is 10000"]);
    }

    #[test]
    fn the_example_of_what_is_expected_is_one() {
        let guide = include_str!("../../../../docs/coverage.md");
        let example = guide.split("```yaml\n").nth(1).unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let (config, diagnostics) = parse("guide", example, Files::Untouched);
        assert!(diagnostics.is_empty(), "{}", diagnostics[0]);
        let assets = config.assets.read().unwrap();
        let found: Vec<_> = assets
            .iter()
            .map(|it| (it.expect.as_ref().map(Vec::len), it.counts_as.len()))
            .collect();
        assert_eq!(found, [(Some(5), 0), (Some(2), 1)]);
    }

    #[test]
    fn the_examples_of_the_guides_are_some() {
        let guides = [
            include_str!("../../../../docs/drafts.md"),
            include_str!("../../../../docs/configuration.md"),
        ];
        for guide in guides {
            let examples = guide.split("```yaml\n").skip(1);
            let examples = examples.filter_map(|rest| rest.split_once("```"));
            let mut examples = examples.filter(|(example, _)| example.contains("\nassets:"));
            let (example, _) = examples.next().unwrap();
            let (config, diagnostics) = parse("guide", example, Files::Untouched);
            assert!(diagnostics.is_empty(), "{}", diagnostics[0]);
            assert_eq!(config.assets.read().unwrap().len(), 1);
            assert_eq!(config.thresholds.risk_score, Some(200.0));
            assert!(config.thresholds.on_asset.is_some());
            assert_eq!(config.thresholds.level, Some(vakt_event::Level::Critical));
        }
    }
}
