//! The installation's key, in two files: `signing.key`, which never leaves the machine but in a
//! backup, and `signing.pub`, to be copied elsewhere.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use vakt_storage::{PublicKey, SigningKey, hex, ledger};

use crate::data_dir::{DataDir, sync_dir, write_secret};

/// The key, made at the first start.
///
/// # Errors
/// When a file that is there is no key, or cannot be read: a new one would be a break of trust, which
/// a person decides on.
pub fn load_or_create(data_dir: &DataDir) -> Result<SigningKey> {
    let path = data_dir.signing_key();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return create(data_dir),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    let seed = hex::decode(text.trim().as_bytes()).with_context(|| {
        format!(
            "{} is no signing key (64 hexadecimal digits): put it back from a backup; or move it \
             away, and the next start makes a new one, which `vakt verify` shows as a break",
            path.display()
        )
    })?;
    let key = SigningKey::from_seed(&seed)?;
    if public(data_dir)? != Some(key.public()) {
        write_public(data_dir, &key)?;
    }
    Ok(key)
}

/// The public half as `signing.pub` has it; `None` when there is none.
///
/// # Errors
/// When the file cannot be read or holds no key.
pub fn public(data_dir: &DataDir) -> Result<Option<PublicKey>> {
    let path = data_dir.signing_public_key();
    match std::fs::read_to_string(&path) {
        Ok(text) => read_public(&text, &path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn read_public(text: &str, path: &Path) -> Result<PublicKey> {
    PublicKey::from_hex(text.trim()).with_context(|| {
        format!(
            "{} is no public key (64 hexadecimal digits): remove it, and the next start writes it anew",
            path.display()
        )
    })
}

fn create(data_dir: &DataDir) -> Result<SigningKey> {
    let (key, seed) = SigningKey::generate()?;
    if data_dir.journal().join(ledger::NAME).exists() {
        tracing::error!(
            missing = %data_dir.signing_key().display(),
            new_key = %key.public(),
            "the key that signs the ledger is gone: a new one signs from now on, and `vakt verify` \
             shows a break of trust there. If that is not meant, stop and put the file back from a \
             backup"
        );
    }
    // The public half is derived from the other, which must be durable before it signs anything.
    let text = format!("{}\n", hex::encode(&seed));
    write_secret(&data_dir.signing_key(), &text)?;
    write_public(data_dir, &key)?;
    Ok(key)
}

fn write_public(data_dir: &DataDir, key: &SigningKey) -> Result<()> {
    write_secret(
        &data_dir.signing_public_key(),
        &format!("{}\n", key.public()),
    )?;
    sync_dir(data_dir.path())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_key_is_made_once_and_kept_for_its_owner() {
        let folder = TempDir::new().unwrap();
        let data_dir = DataDir::at(folder.path());
        let made = load_or_create(&data_dir).unwrap();
        assert_eq!(load_or_create(&data_dir).unwrap().public(), made.public());
        assert_eq!(public(&data_dir).unwrap(), Some(made.public()));
        let mode = fs::metadata(data_dir.signing_key()).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn the_public_half_follows_the_secret_one() {
        let folder = TempDir::new().unwrap();
        let data_dir = DataDir::at(folder.path());
        let made = load_or_create(&data_dir).unwrap();
        fs::remove_file(data_dir.signing_public_key()).unwrap();
        load_or_create(&data_dir).unwrap();
        assert_eq!(public(&data_dir).unwrap(), Some(made.public()));
        fs::remove_file(data_dir.signing_key()).unwrap();
        let other = load_or_create(&data_dir).unwrap();
        assert_ne!(other.public(), made.public());
        assert_eq!(public(&data_dir).unwrap(), Some(other.public()));
    }

    #[test]
    fn what_is_no_key_is_said_and_stays() {
        let folder = TempDir::new().unwrap();
        let data_dir = DataDir::at(folder.path());
        for text in ["", "abc", &"0".repeat(63), &"g".repeat(64)] {
            fs::write(data_dir.signing_key(), text).unwrap();
            let error = load_or_create(&data_dir).unwrap_err().to_string();
            assert!(error.contains("is no signing key"), "{error}");
            assert_eq!(fs::read_to_string(data_dir.signing_key()).unwrap(), text);
        }
    }
}
