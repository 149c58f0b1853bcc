//! The key of hashed values, in `redact.key`: who has it can tell whether a hash is of a name.

use std::io::ErrorKind;

use anyhow::{Context, Result};
use vakt_storage::hex;

use super::{Action, Redactor, Rule};
use crate::data_dir::{DataDir, sync_dir, write_secret};

/// 32 random bytes.
#[derive(Clone)]
pub struct HashKey([u8; 32]);

impl HashKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The redactor of the configuration's rules, `None` where there are none. The key is made where a
/// rule first needs one.
///
/// # Errors
/// A key file that cannot be read or written, or that holds no key: another key would give the
/// people in the logs other hashes, which a person decides on.
pub fn redactor(rules: &[Rule], data_dir: &DataDir) -> Result<Option<Redactor>> {
    if rules.is_empty() {
        return Ok(None);
    }
    let needs_key = rules.iter().any(|rule| rule.action == Action::Hash);
    let key = needs_key.then(|| load_or_create(data_dir)).transpose()?;
    Ok(Some(Redactor::new(rules, key)))
}

fn load_or_create(data_dir: &DataDir) -> Result<HashKey> {
    let path = data_dir.redact_key();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return create(data_dir),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    let bytes = hex::decode(text.trim().as_bytes()).with_context(|| {
        format!(
            "{} is no key of hashed fields (64 hexadecimal digits): put it back from a backup; or \
             move it away, and the next start makes a new one, by which everybody has another hash",
            path.display()
        )
    })?;
    Ok(HashKey(bytes))
}

fn create(data_dir: &DataDir) -> Result<HashKey> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gave no random bytes for a key")?;
    write_secret(
        &data_dir.redact_key(),
        &format!("{}\n", hex::encode(&bytes)),
    )?;
    sync_dir(data_dir.path())?;
    Ok(HashKey(bytes))
}
