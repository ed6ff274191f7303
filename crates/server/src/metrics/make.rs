//! Makes the handles of measures, each once.

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder as _};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use super::families::{self, Family, Kind};

const METADATA: Metadata<'static> = Metadata::new("usher", Level::INFO, None);

/// Makes a recorder that knows all families.
pub(super) fn recorder() -> PrometheusRecorder {
    let mut builder = PrometheusBuilder::new();
    for family in families::ALL {
        if let Kind::Histogram(bounds) = family.kind {
            let name = Matcher::Full(family.name.to_owned());
            // Fails for an empty list of bounds alone.
            builder = builder.set_buckets_for_metric(name, bounds).unwrap_or_else(|_| PrometheusBuilder::new());
        }
    }
    let recorder = builder.build_recorder();
    for family in families::ALL {
        let name = family.name.into();
        match family.kind {
            Kind::Counter => recorder.describe_counter(name, None, family.help.into()),
            Kind::Gauge | Kind::Sampled => recorder.describe_gauge(name, None, family.help.into()),
            Kind::Histogram(_) => recorder.describe_histogram(name, None, family.help.into()),
        }
    }
    recorder
}

fn key(family: &Family, values: &[&str]) -> Key {
    let labels = family.labels.iter().zip(values).map(|((name, _), value)| Label::new(*name, (*value).to_owned()));
    Key::from_parts(family.name, labels.collect::<Vec<_>>())
}

/// Makes a counter with these values of its family's labels, in their order.
pub(super) fn counter(recorder: &PrometheusRecorder, family: &Family, values: &[&str]) -> Counter {
    let counter = recorder.register_counter(&key(family, values), &METADATA);
    // A counter is written out once it was touched.
    counter.increment(0);
    counter
}

/// Makes a gauge with these values of its family's labels, in their order.
pub(super) fn gauge(recorder: &PrometheusRecorder, family: &Family, values: &[&str]) -> Gauge {
    let gauge = recorder.register_gauge(&key(family, values), &METADATA);
    gauge.set(0.0);
    gauge
}

/// Makes a histogram.
pub(super) fn histogram(recorder: &PrometheusRecorder, family: &Family) -> Histogram {
    recorder.register_histogram(&key(family, &[]), &METADATA)
}
