//! Certificates and keys from PEM files, and their exchange while running.

mod expiry;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use vakt_event::Timestamp;

/// What is wrong with the files, and which of them.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{path}: cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}: is no PEM file: {reason}")]
    NotPem { path: PathBuf, reason: String },
    #[error(
        "{path}: holds no certificate; the server's certificate comes first, then the intermediate ones, each between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`"
    )]
    NoCertificate { path: PathBuf },
    #[error(
        "{path}: holds no private key that can be used; PKCS #8, PKCS #1 and SEC 1 can, without a passphrase"
    )]
    NoKey { path: PathBuf },
    #[error("{key}: is not the key of the first certificate in {certificate}")]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("{certificate} with {key}: {reason}")]
    Refused {
        certificate: PathBuf,
        key: PathBuf,
        reason: String,
    },
}

/// Where a server's identity lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Loads a server's configuration: TLS 1.2 and 1.3, no client certificates, and the given protocols
/// of application-layer negotiation (RFC 7301; none for syslog).
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn load(files: &TlsFiles, alpn: &[&[u8]]) -> Result<ServerConfig, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| pem_error(&files.key, error, |path| TlsError::NoKey { path }))?;
    let refused = |error: rustls::Error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
        },
        error => TlsError::Refused {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            reason: error.to_string(),
        },
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(refused)?;
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

/// Until when the certificates of a file are valid: the one that ends first, of the server's own and those that
/// vouch for it. `None` where that cannot be told.
///
/// # Errors
/// The file cannot be read, or holds none.
pub fn not_after(certificate: &Path) -> Result<Option<Timestamp>, TlsError> {
    let chain = certificates(certificate)?;
    let ends = chain.iter().filter_map(|one| expiry::not_after(one));
    Ok(ends.min())
}

/// A configuration that can be loaded again. New connections take the newest; old ones keep theirs.
pub struct ReloadableTls {
    files: TlsFiles,
    alpn: Vec<Vec<u8>>,
    current: Arc<ArcSwap<ServerConfig>>,
}

impl ReloadableTls {
    /// # Errors
    /// As [`load`].
    pub fn load(files: TlsFiles, alpn: &[&[u8]]) -> Result<Self, TlsError> {
        let config = load(&files, alpn)?;
        Ok(Self {
            files,
            alpn: alpn.iter().map(|protocol| protocol.to_vec()).collect(),
            current: Arc::new(ArcSwap::from_pointee(config)),
        })
    }

    /// Reads the files again; when that fails, the old configuration stays.
    ///
    /// # Errors
    /// As [`load`].
    pub fn reload(&self) -> Result<(), TlsError> {
        let alpn: Vec<&[u8]> = self.alpn.iter().map(Vec::as_slice).collect();
        self.current.store(Arc::new(load(&self.files, &alpn)?));
        Ok(())
    }

    /// Until when the certificate is valid that is in the file now, where that can be told.
    pub fn not_after(&self) -> Option<Timestamp> {
        not_after(&self.files.certificate).ok().flatten()
    }

    /// What listeners share.
    pub fn config(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.current)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let none = |path| TlsError::NoCertificate { path };
    let chain = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| pem_error(path, error, none))?;
    if chain.is_empty() {
        return Err(none(path.to_owned()));
    }
    Ok(chain)
}

fn pem_error(path: &Path, error: pem::Error, none: fn(PathBuf) -> TlsError) -> TlsError {
    let path = path.to_owned();
    match error {
        pem::Error::Io(source) => TlsError::Read { path, source },
        pem::Error::NoItemsFound => none(path),
        error => TlsError::NotPem {
            path,
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Identity {
        dir: tempfile::TempDir,
    }

    impl Identity {
        fn new() -> Self {
            let identity = Self {
                dir: tempfile::tempdir().unwrap(),
            };
            identity.renew();
            identity
        }

        fn renew(&self) {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            let files = self.files();
            fs::write(files.certificate, made.cert.pem()).unwrap();
            fs::write(files.key, made.signing_key.serialize_pem()).unwrap();
        }

        fn files(&self) -> TlsFiles {
            TlsFiles {
                certificate: self.dir.path().join("cert.pem"),
                key: self.dir.path().join("key.pem"),
            }
        }
    }

    #[test]
    fn errors_name_the_file_and_what_is_wrong() {
        let check = |spoil: &dyn Fn(&TlsFiles), expected: &[&str]| {
            let identity = Identity::new();
            let files = identity.files();
            spoil(&files);
            let error = load(&files, &[]).unwrap_err().to_string();
            for words in expected {
                assert!(error.contains(words), "{error}");
            }
        };
        check(
            &|files| fs::remove_file(&files.certificate).unwrap(),
            &["cert.pem: cannot be read: No such file"],
        );
        check(
            &|files| fs::remove_file(&files.key).unwrap(),
            &["key.pem: cannot be read: No such file"],
        );
        check(
            &|files| fs::write(&files.certificate, "nothing").unwrap(),
            &["cert.pem: holds no certificate"],
        );
        check(
            &|files| fs::write(&files.key, "nothing").unwrap(),
            &["key.pem: holds no private key"],
        );
        check(
            &|files| fs::write(&files.certificate, "-----BEGIN CERTIFICATE-----\nAA").unwrap(),
            &["cert.pem: is no PEM file"],
        );
        check(
            &|files| {
                let other = Identity::new();
                fs::copy(other.files().key, &files.key).unwrap();
            },
            &["key.pem: is not the key of", "cert.pem"],
        );
        check(
            &|files| {
                let der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
                fs::write(&files.certificate, der).unwrap();
            },
            &["cert.pem with ", "key.pem: "],
        );
    }

    #[test]
    fn a_reload_swaps_or_keeps() {
        let identity = Identity::new();
        let tls = ReloadableTls::load(identity.files(), &[b"http/1.1"]).unwrap();
        let shared = tls.config();
        let first = shared.load_full();
        assert_eq!(first.alpn_protocols, [b"http/1.1"]);

        identity.renew();
        tls.reload().unwrap();
        let second = shared.load_full();
        assert!(!Arc::ptr_eq(&first, &second));
        assert_eq!(second.alpn_protocols, [b"http/1.1"]);

        fs::write(identity.files().key, "spoilt").unwrap();
        assert!(tls.reload().is_err());
        assert!(Arc::ptr_eq(&second, &shared.load_full()));
    }
}
