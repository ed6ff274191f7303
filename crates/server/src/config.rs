//! How Usher is set up: from flags, then the environment (`USHER_…`), then a TOML file, then defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::bus::jetstream::Nats;
use crate::roles::Roles;
use crate::spans::{Otlp, WrongHeaders};

/// Where the server listens unless it is told otherwise.
const LISTEN: &str = "127.0.0.1:8080";

/// The stream's name, and how many bytes may wait on it, unless Usher is told otherwise.
const STREAM: &str = "usher";
const STREAM_BYTES: u64 = 1 << 30;

/// How long a message of which it is not known whether it was sent waits, unless Usher is told otherwise.
const UNKNOWN_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// What every command knows: where the data is.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// A TOML file with the same settings, by the names of the long flags with `_` for `-`.
    #[arg(long, value_name = "FILE", env = "USHER_CONFIG", global = true)]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// The folder in which Usher keeps its data [default: ./data].
    #[arg(long, value_name = "FOLDER", env = "USHER_DATA", global = true)]
    pub data: Option<PathBuf>,

    /// `sqlite:PATH` or `postgres://…` [default: usher.db in the data folder].
    #[arg(long, value_name = "URL", env = "USHER_DATABASE", hide_env_values = true, global = true)]
    pub database: Option<String>,

    /// The file that holds the master key [default: master.key in the data folder]. The key itself may stand
    /// in USHER_MASTER_KEY instead.
    #[arg(long, value_name = "FILE", env = "USHER_MASTER_KEY_FILE", global = true)]
    pub master_key_file: Option<PathBuf>,

    /// The address at which people and providers reach Usher [default: http://localhost and the port].
    #[arg(long, value_name = "URL", env = "USHER_PUBLIC_URL", global = true)]
    pub public_url: Option<Url>,

    /// The address on which to listen [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS", env = "USHER_LISTEN", global = true)]
    pub listen: Option<SocketAddr>,

    /// Networks of proxies whose X-Forwarded-For is believed; may be given several times.
    #[arg(long, value_name = "CIDR", env = "USHER_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<IpNet>,

    /// Private networks that workflows may call nevertheless; may be given several times.
    #[arg(long, value_name = "CIDR", env = "USHER_ALLOW_PRIVATE", value_delimiter = ',', global = true)]
    pub allow_private: Vec<IpNet>,

    /// How long a message of which it is not known whether it was sent waits for word from the provider before it is
    /// sent again, in seconds [default: 60].
    #[arg(long, value_name = "SECONDS", env = "USHER_UNKNOWN_WAIT", global = true)]
    pub unknown_wait: Option<u32>,

    /// Messages a second that are taken in for one workspace, unless the workspace has a rate of its own [default: as
    /// many as come].
    #[arg(long, value_name = "MESSAGES", env = "USHER_WORKSPACE_RATE", global = true)]
    pub workspace_rate: Option<u32>,

    /// NATS servers, for many processes on one PostgreSQL database: `nats://HOST:PORT`, or `tls://…`, of one cluster.
    #[arg(long, value_name = "URL", env = "USHER_NATS", hide_env_values = true, value_delimiter = ',', global = true)]
    pub nats: Vec<String>,

    /// The JetStream stream, made if it is not there [default: usher].
    #[arg(long, value_name = "NAME", env = "USHER_NATS_STREAM", global = true)]
    pub nats_stream: Option<String>,

    /// How many servers of the cluster keep the stream [default: 1].
    #[arg(long, value_name = "NUMBER", env = "USHER_NATS_REPLICAS", global = true)]
    pub nats_replicas: Option<u8>,

    /// Bytes of events that may wait on the stream; beyond, new ones are refused [default: 1073741824].
    #[arg(long, value_name = "BYTES", env = "USHER_NATS_MAX_BYTES", global = true)]
    pub nats_max_bytes: Option<u64>,

    /// A file of credentials (`.creds`) for NATS.
    #[arg(long, value_name = "FILE", env = "USHER_NATS_CREDENTIALS", global = true)]
    pub nats_credentials: Option<PathBuf>,

    /// A token for NATS.
    #[arg(long, value_name = "TOKEN", env = "USHER_NATS_TOKEN", hide_env_values = true, global = true)]
    pub nats_token: Option<SecretString>,

    /// What a scraper of /metrics must send as a bearer token [default: none, so that anybody may read it].
    #[arg(long, value_name = "TOKEN", env = "USHER_METRICS_TOKEN", hide_env_values = true, global = true)]
    pub metrics_token: Option<SecretString>,

    /// An OpenTelemetry collector that takes spans by OTLP over HTTP, such as http://127.0.0.1:4318 [default: none].
    #[arg(long, value_name = "URL", env = "USHER_OTLP_ENDPOINT", global = true)]
    pub otlp_endpoint: Option<Url>,

    /// Headers for the collector, such as those that authenticate: NAME=VALUE, with commas between.
    #[arg(long, value_name = "HEADERS", env = "USHER_OTLP_HEADERS", hide_env_values = true, global = true)]
    pub otlp_headers: Option<SecretString>,

    /// The share of traces that is kept, from 0 to 1 [default: 1].
    #[arg(long, value_name = "SHARE", env = "USHER_OTLP_RATIO", global = true)]
    pub otlp_ratio: Option<f64>,

    /// How the log is written [default: text].
    #[arg(long, value_enum, value_name = "FORMAT", env = "USHER_LOG_FORMAT", global = true)]
    pub log_format: Option<LogFormat>,

    /// What is logged, such as `info` or `usher_server=debug` [default: info].
    #[arg(long, value_name = "FILTER", env = "USHER_LOG", global = true)]
    pub log: Option<String>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// The settings, resolved.
#[derive(Debug, Clone)]
pub struct Configuration {
    pub data: PathBuf,
    pub database: String,
    /// Where events wait, if many processes share the work.
    pub nats: Option<Nats>,
    pub master_key_file: PathBuf,
    pub listen: SocketAddr,
    /// Without a slash at its end.
    pub public_url: Url,
    pub trusted_proxies: Vec<IpNet>,
    pub allow_private: Vec<IpNet>,
    /// How long a message waits of which it is not known whether it was sent.
    pub unknown_wait: SignedDuration,
    /// Messages a second that are taken in for a workspace without a rate of its own.
    pub workspace_rate: Option<u32>,
    /// What a scraper of `/metrics` must send; anybody may read it if there is none.
    pub metrics_token: Option<SecretString>,
    /// Where spans go, if anywhere.
    pub otlp: Option<Otlp>,
    pub log_format: LogFormat,
    pub log: String,
    /// Whether the demo's API and its example workspace are there.
    pub demo: bool,
    pub roles: Roles,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read the configuration file {path}: {source}; give a readable file or leave --config out")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the configuration file {path} is not right: {source}")]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("the public URL {0} is no http or https address of a host; write it like https://chat.example.com")]
    PublicUrl(Url),
    #[error("the database {0} is neither `sqlite:PATH` nor `postgres://…`")]
    Database(String),
    #[error("NATS goes with PostgreSQL, for many processes; leave --nats out, or set --database to `postgres://…`")]
    NatsWithSqlite,
    #[error("a stream cannot be called `{0}`; use letters, digits, `-` and `_`")]
    Stream(String),
    #[error("a stream has 1 to 5 replicas, not {0}")]
    Replicas(u8),
    #[error(
        "the OTLP endpoint is no http or https address of a host; write it like http://127.0.0.1:4318, without \
         credentials, which belong into --otlp-headers"
    )]
    OtlpEndpoint,
    #[error("the OTLP headers cannot be read: {0}")]
    OtlpHeaders(#[from] WrongHeaders),
    #[error("the share of traces that is kept is from 0 to 1, not {0}")]
    OtlpRatio(f64),
    #[error("with SQLite one process does everything; leave --roles out, or set --database and --nats")]
    RolesWithSqlite,
    #[error("without NATS one process does everything; leave --roles out, or set --nats")]
    RolesWithoutNats,
}

impl Options {
    /// Fills what is not given from the configuration file, and the rest with defaults.
    ///
    /// # Errors
    ///
    /// Says what in the file or the values cannot be used.
    pub fn resolve(self) -> Result<Configuration, Error> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => Self::default(),
        };
        let nats = Nats::of(&self, &file)?;
        let otlp = Otlp::of(&self, &file)?;
        let data = self.data.or(file.data).unwrap_or_else(|| PathBuf::from("data"));
        let listen = self.listen.or(file.listen).unwrap_or_else(default_listen);
        let public_url = match self.public_url.or(file.public_url) {
            Some(url) => checked(url)?,
            None => default_public_url(listen),
        };
        let database =
            self.database.or(file.database).unwrap_or_else(|| format!("sqlite:{}", data.join("usher.db").display()));
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| database.starts_with(scheme)) {
            return Err(Error::Database(without_password(&database)));
        }
        if nats.is_some() && database.starts_with("sqlite:") {
            return Err(Error::NatsWithSqlite);
        }
        let either = |given: Vec<IpNet>, filed: Vec<IpNet>| if given.is_empty() { filed } else { given };
        Ok(Configuration {
            master_key_file: self.master_key_file.or(file.master_key_file).unwrap_or_else(|| data.join("master.key")),
            data,
            database,
            nats,
            listen,
            public_url,
            trusted_proxies: either(self.trusted_proxies, file.trusted_proxies),
            allow_private: either(self.allow_private, file.allow_private),
            unknown_wait: self
                .unknown_wait
                .or(file.unknown_wait)
                .map_or(UNKNOWN_WAIT, |seconds| SignedDuration::from_secs(seconds.into())),
            workspace_rate: self.workspace_rate.or(file.workspace_rate).filter(|rate| *rate > 0),
            metrics_token: self.metrics_token.or(file.metrics_token).filter(|token| !token.expose_secret().is_empty()),
            otlp,
            log_format: self.log_format.or(file.log_format).unwrap_or_default(),
            log: self.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            demo: false,
            roles: Roles::ALL,
        })
    }
}

impl Nats {
    fn of(given: &Options, file: &Options) -> Result<Option<Self>, Error> {
        let servers = if given.nats.is_empty() { &file.nats } else { &given.nats };
        if servers.is_empty() {
            return Ok(None);
        }
        let stream = given.nats_stream.as_ref().or(file.nats_stream.as_ref()).map_or(STREAM, String::as_str);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if stream.is_empty() || !stream.bytes().all(is_name) {
            return Err(Error::Stream(stream.to_owned()));
        }
        let replicas = given.nats_replicas.or(file.nats_replicas).unwrap_or(1);
        if !(1..=5).contains(&replicas) {
            return Err(Error::Replicas(replicas));
        }
        let max_bytes = given.nats_max_bytes.or(file.nats_max_bytes).unwrap_or(STREAM_BYTES);
        Ok(Some(Self {
            servers: servers.clone(),
            stream: stream.to_owned(),
            replicas: replicas.into(),
            max_bytes: i64::try_from(max_bytes).unwrap_or(i64::MAX),
            credentials: given.nats_credentials.clone().or_else(|| file.nats_credentials.clone()),
            token: given.nats_token.clone().or_else(|| file.nats_token.clone()),
        }))
    }
}

impl Otlp {
    fn of(given: &Options, file: &Options) -> Result<Option<Self>, Error> {
        let Some(endpoint) = given.otlp_endpoint.as_ref().or(file.otlp_endpoint.as_ref()) else { return Ok(None) };
        let has_credentials = !endpoint.username().is_empty() || endpoint.password().is_some();
        let endpoint = checked(endpoint.clone()).map_err(|_| Error::OtlpEndpoint)?;
        if has_credentials {
            return Err(Error::OtlpEndpoint);
        }
        let headers = given.otlp_headers.as_ref().or(file.otlp_headers.as_ref());
        let headers = headers.map(Self::headers).transpose()?.unwrap_or_default();
        let ratio = given.otlp_ratio.or(file.otlp_ratio).unwrap_or(1.0);
        if !(0.0..=1.0).contains(&ratio) {
            return Err(Error::OtlpRatio(ratio));
        }
        Ok(Some(Self { endpoint, headers, ratio }))
    }
}

impl Configuration {
    /// Takes a part of the work alone.
    ///
    /// # Errors
    ///
    /// There can be nobody else who takes the rest.
    pub fn with_roles(self, roles: Roles) -> Result<Self, Error> {
        match (&self.nats, self.is_sqlite()) {
            (None, true) if !roles.is_all() => Err(Error::RolesWithSqlite),
            (None, false) if !roles.is_all() => Err(Error::RolesWithoutNats),
            _ => Ok(Self { roles, ..self }),
        }
    }

    /// Returns an address under the public URL; `path` begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// Says whether people reach Usher by https.
    pub fn is_secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Says whether the database is the embedded one.
    pub fn is_sqlite(&self) -> bool {
        self.database.starts_with("sqlite:")
    }

    /// Returns the database's URL without its password, fit to be shown.
    pub fn shown_database(&self) -> String {
        without_password(&self.database)
    }
}

fn read(path: &Path) -> Result<Options, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|source| Error::Parse { path: path.to_owned(), source: Box::new(source) })
}

fn default_listen() -> SocketAddr {
    LISTEN.parse().unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 8080)))
}

fn default_public_url(listen: SocketAddr) -> Url {
    let url = format!("http://localhost:{}", listen.port());
    #[expect(clippy::expect_used, reason = "a host and a number always make a URL")]
    Url::parse(&url).expect("localhost and a port make a URL")
}

fn checked(url: Url) -> Result<Url, Error> {
    let fine = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
    if fine { Ok(url) } else { Err(Error::PublicUrl(url)) }
}

fn without_password(database: &str) -> String {
    match Url::parse(database) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some("…")) {
            Ok(()) => url.to_string(),
            Err(()) => format!("{}:…", url.scheme()),
        },
        _ => database.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_fit_for_a_first_start() {
        let configuration = Options::default().resolve().unwrap();
        assert_eq!(configuration.database, "sqlite:data/usher.db");
        assert_eq!(configuration.link("/setup"), "http://localhost:8080/setup");
        assert!(!configuration.is_secure());
    }

    #[test]
    fn a_flag_beats_the_file() {
        let folder = std::env::temp_dir().join(format!("usher-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("usher.toml");
        std::fs::write(&path, "listen = '0.0.0.0:9000'\npublic_url = 'https://chat.example.com/'\n").unwrap();
        let options =
            Options { config: Some(path), listen: Some("127.0.0.1:1".parse().unwrap()), ..Options::default() };
        let configuration = options.resolve().unwrap();
        assert_eq!(configuration.listen.port(), 1);
        assert_eq!(configuration.link("/in/x"), "https://chat.example.com/in/x");
        assert!(configuration.is_secure());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn nats_goes_with_postgresql_and_roles_with_nats() {
        let options = Options { nats: vec!["nats://a".into(), "nats://b".into()], ..Options::default() };
        assert!(matches!(options.clone().resolve(), Err(Error::NatsWithSqlite)));
        let options = Options { database: Some("postgres://db/usher".into()), ..options };
        let configuration = options.clone().resolve().unwrap();
        let nats = configuration.nats.as_ref().unwrap();
        assert_eq!((nats.servers.len(), nats.stream.as_str(), nats.replicas, nats.max_bytes), (2, "usher", 1, 1 << 30));
        let some: Roles = "api".parse().unwrap();
        assert_eq!(configuration.with_roles(some).unwrap().roles, some);
        for (name, replicas) in [("a.b", 1), ("", 1), ("fine", 0), ("fine", 6)] {
            let options = Options { nats_stream: Some(name.into()), nats_replicas: Some(replicas), ..options.clone() };
            assert!(options.resolve().is_err(), "{name} {replicas}");
        }
        let alone =
            |database: &str| Options { database: Some(database.into()), ..Options::default() }.resolve().unwrap();
        assert!(matches!(alone("sqlite:x").with_roles(some), Err(Error::RolesWithSqlite)));
        assert!(matches!(alone("postgres://db/x").with_roles(some), Err(Error::RolesWithoutNats)));
        assert!(alone("sqlite:x").with_roles(Roles::ALL).is_ok());
    }

    #[test]
    fn spans_go_to_a_collector_if_one_is_named() {
        let options = |endpoint: &str| Options {
            otlp_endpoint: Some(endpoint.parse().unwrap()),
            otlp_headers: Some("x-key=hush".into()),
            ..Options::default()
        };
        assert!(Options { otlp_ratio: Some(0.5), ..Options::default() }.resolve().unwrap().otlp.is_none());
        let otlp = options("http://127.0.0.1:4318").resolve().unwrap().otlp.unwrap();
        assert_eq!((otlp.headers.len(), otlp.ratio), (1, 1.0));
        assert!(!format!("{otlp:?}").contains("hush"));
        for wrong in ["ftp://a", "http://me:hush@a", "http://a/?key=hush"] {
            let error = options(wrong).resolve().unwrap_err();
            assert!(matches!(error, Error::OtlpEndpoint) && !error.to_string().contains("hush"), "{wrong}");
        }
        let wrong = Options { otlp_headers: Some("hush".into()), ..options("http://a") }.resolve().unwrap_err();
        assert!(matches!(wrong, Error::OtlpHeaders(_)) && !wrong.to_string().contains("hush"));
        for ratio in [-0.1, 1.1, f64::NAN] {
            assert!(Options { otlp_ratio: Some(ratio), ..options("http://a") }.resolve().is_err(), "{ratio}");
        }
    }

    #[test]
    fn a_database_of_another_kind_is_refused_without_its_password() {
        let options = Options { database: Some("mysql://me:secret@db/usher".into()), ..Options::default() };
        let message = options.resolve().unwrap_err().to_string();
        assert!(message.contains("neither") && !message.contains("secret"), "{message}");
    }
}
