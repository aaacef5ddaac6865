//! Why telemetry can't be started.

/// Why telemetry can't be started. No text has the URL or a header in it: both can hold credentials.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The endpoint can't be reached by any name.
    #[error("the telemetry endpoint is no URL: write one as in `http://localhost:4318`")]
    Endpoint,
    /// A header can't be sent.
    #[error("the telemetry header `{name}` can't be sent: {why}")]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no such form of OTLP.
    #[error("`{0}` is no protocol of telemetry: `http/protobuf` and `grpc` are")]
    Protocol(String),
    /// The library refuses.
    #[error("telemetry can't be sent")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// There is no thread to be had.
    #[error("telemetry can't be started")]
    Start(#[source] std::io::Error),
}
