//! `metrics`: what lapses when, for Prometheus.

use clap::Args;

use crate::report::metrics::metrics;

use super::context::Context;
use super::exit::{CliError, Exit, tell};
use super::report_file::ReportOutput;

/// Print expiry times and the last renewals as Prometheus text; no secrets
///
/// For the node exporter: --output /var/lib/node_exporter/textfile/tokengauge.prom, from cron or a timer.
#[derive(Debug, Args)]
pub struct Metrics {
    #[command(flatten)]
    output: ReportOutput,
}

impl Metrics {
    pub fn run(self, context: &Context) -> Result<Exit, CliError> {
        let services = context.open()?;
        let contents = services.contents()?;
        contents.damaged.iter().for_each(|file| tell(&file.failure));
        self.output.put(&metrics(&contents.connections, contents.damaged.len(), services.clock.now()))?;
        Ok(if contents.damaged.is_empty() { Exit::Ok } else { Exit::Damaged })
    }
}
