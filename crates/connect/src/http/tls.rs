//! TLS: rustls on ring, with the root certificates of the system.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// Makes the TLS configuration of a client.
///
/// A machine without root certificates still gets one, with which every `https` call fails by its unknown issuer,
/// so that Usher starts and its own pages work.
pub(super) fn configuration() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = || ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let mut configuration = match builder()?.with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "https calls will fail: install the system's root certificates (ca-certificates)");
            builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    };
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(configuration)
}
