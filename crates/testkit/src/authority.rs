//! A certificate authority of one test.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const EC: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/// An authority that exists as long as this value, made by `openssl`.
pub struct CertificateAuthority {
    folder: TempDir,
}

impl CertificateAuthority {
    /// A new one; no other is trusted with it.
    #[must_use]
    pub fn new() -> Self {
        let this = Self { folder: tempfile::tempdir().unwrap() };
        let out = ["-x509", "-days", "2", "-subj", "/CN=Authority of a test"];
        let files = ["-keyout", "ca.key", "-out", "ca.pem"];
        this.openssl(&[&["req"], EC.as_slice(), &out, &files].concat());
        this
    }

    /// The file of its certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Makes the certificate and the key of a server, as files in PEM. `name` as in subjectAltName:
    /// `DNS:cache.test`.
    #[must_use]
    pub fn server(&self, name: &str) -> (PathBuf, PathBuf) {
        let folder = self.folder.path();
        std::fs::write(folder.join("names"), format!("subjectAltName={name}")).unwrap();
        let request = ["-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr"];
        self.openssl(&[&["req"], EC.as_slice(), &request].concat());
        let sign = ["-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        let out = ["-days", "2", "-extfile", "names", "-out", "server.pem"];
        self.openssl(&[&["x509", "-req"], sign.as_slice(), &out].concat());
        (folder.join("server.pem"), folder.join("server.key"))
    }

    /// Its folder, which servers may write into.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn openssl(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        let output = command.args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Default for CertificateAuthority {
    fn default() -> Self {
        Self::new()
    }
}
