//! `vakt tls self-signed`: a certificate for a trial.

use anyhow::{Context, Result, ensure};
use clap::Subcommand;

use super::{Global, Outcome};
use crate::config::Config;
use crate::data_dir::{DataDir, write_secret};
use crate::output::Printer;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a key and a certificate that nobody else vouches for, into the data directory
    SelfSigned {
        /// A name or address that clients will use, repeatable
        #[arg(long = "host", value_name = "HOST")]
        hosts: Vec<String>,
        /// Replace what is there
        #[arg(long)]
        replace: bool,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    let Action::SelfSigned { hosts, replace } = action;
    let config = Config::of(global)?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    data_dir.create()?;
    // Absolute, since they are to be copied into a file that is read from elsewhere.
    let [certificate_path, key_path] = [data_dir.tls_certificate(), data_dir.tls_key()]
        .map(|path| std::path::absolute(&path).unwrap_or(path));
    ensure!(
        *replace || !(certificate_path.exists() || key_path.exists()),
        "{} or its key is there already; say --replace to make new ones",
        certificate_path.display()
    );
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    for host in hosts {
        if !names.contains(host) {
            names.push(host.clone());
        }
    }
    let signed = rcgen::generate_simple_self_signed(names.clone())
        .context("cannot make a certificate for these names")?;
    write_secret(&key_path, &signed.signing_key.serialize_pem())?;
    write_secret(&certificate_path, &signed.cert.pem())?;
    let mut out = Printer::new();
    out.line(&format!("certificate  {}", certificate_path.display()))?;
    out.line(&format!("key          {}", key_path.display()))?;
    out.line(&format!("valid for    {}", names.join(", ")))?;
    out.line("")?;
    out.line("In the configuration:")?;
    out.line("  tls:")?;
    out.line(&format!("    certificate: {}", certificate_path.display()))?;
    out.line(&format!("    key: {}", key_path.display()))?;
    out.flush()?;
    Ok(Outcome::Done)
}
