//! What `serve` starts, and the order in which it stops.
//!
//! Start: the directory is locked, before anything in it is opened; rules, records, access and index are opened;
//! the threads run; sockets are bound last. Stop is the other way round: listeners hand over what
//! they have read, the journal becomes durable, index and detection work off what is left.

mod backends;
mod coverage;
mod documents;
mod figures;
mod follow;
mod gathered;
mod heads;
mod hunts;
mod incidents;
mod intake;
mod listen;
mod record_search;
mod reports;
mod search;
mod significance;
mod storage;
mod titles;
mod triage;
mod views;
mod work;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use prometheus::Registry;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use vakt_api::access::ConfiguredSender;
use vakt_api::{Access, Api, Searches, Site};
use vakt_event::clock::SystemClock;
use vakt_event::{Clock, Level};
use vakt_incident::Records;
use vakt_ingest::accounting::{Sources, SourcesCollector};
use vakt_ingest::intake::Intake;
use vakt_rules::Refused;
use vakt_search::{Index, IndexWriter, Rebuilt};
use vakt_storage::{Journal, Recovery};

use crate::attachments::Attachments;
use crate::config::Config;
use crate::damaged;
use crate::data_dir::{DataDir, is_lost, write_secret};
use crate::metrics::{self, DetectMetrics, RuleMetrics, process, readings};
use crate::notify::heartbeat::Beat;
use crate::notify::{Desk, Watch};
use crate::pipeline::Stop;
use crate::pipeline::detect::{self, DetectProgress, DetectThread};
use crate::pipeline::index::{self, IndexProgress, IndexThread};
use crate::pipeline::intake::JournalIntake;
use crate::pipeline::log_sources::SeenLogSources;
use crate::pipeline::quarantine::Quarantine;
use crate::pipeline::retention::{AgeWaits, RetentionMetrics, RetentionThread};
use crate::pipeline::rule_activity::RuleActivity;
use crate::pipeline::seen_kinds::SeenKinds;
use crate::pipeline::{Frames, builder};
use crate::redact::{self, Redactor};
use crate::ruleset::{RuleSettings, Ruleset};
use crate::signing_key;
use backends::Wiring;
use heads::Heads;
pub(crate) use heads::head_of;
use listen::{Bound, Listening};
pub(crate) use views::{Health, Matching};

/// What the daemon is started with.
pub struct Settings {
    pub config: Config,
    pub data_dir: DataDir,
    pub rules: RuleSettings,
}

/// A running daemon.
pub struct Daemon {
    settings: Settings,
    runtime: Mutex<Option<Runtime>>,
    stop_listening: watch::Sender<bool>,
    listening: Listening,
    journal: Arc<Journal>,
    heads: Heads,
    access: Arc<Access>,
    ruleset: Arc<ArcSwap<Ruleset>>,
    rule_metrics: Arc<RuleMetrics>,
    index: Arc<IndexProgress>,
    detect: Arc<DetectProgress>,
    stop: Stop,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// The data directory is ours until this is dropped.
    _lock: Box<dyn vakt_storage::disk::Lock>,
}

impl Daemon {
    pub fn start(settings: Settings) -> Result<Self> {
        let data_dir = &settings.data_dir;
        data_dir.create()?;
        data_dir.keep_private()?;
        let lock = data_dir.lock()?;
        let unfinished = data_dir.unfinished_restore();
        anyhow::ensure!(
            !unfinished.exists(),
            "a restore into {} did not finish ({} is there): remove what is in it and restore again",
            data_dir.path().display(),
            unfinished.display()
        );
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let lost: Vec<_> = data_dir
            .databases()
            .into_iter()
            .filter(|(path, _)| is_lost(path))
            .collect();
        let records_were_there = !is_lost(&data_dir.records());
        let [(_, of_records), (_, of_access), (_, of_searches)] = data_dir.databases();
        let records = Records::open_with(
            &data_dir.records(),
            Arc::clone(&clock),
            record_settings(&settings.config)?,
        );
        let records = records
            .map_err(|error| damaged::with_help(error.into(), &data_dir.records(), of_records))?;
        let records = Arc::new(records);
        let attachments = open_attachments(data_dir, &records)?;
        let redactor = redact::key::redactor(&settings.config.redact, data_dir)?.map(Arc::new);
        let frames = Frames::new(redactor.clone());
        let (index, rebuilt) = open_index(data_dir, &frames)?;
        let (journal, recovery) = open_journal(&settings, &records, &index)?;
        let journal = Arc::new(journal);
        heads::enter_restored(&journal, data_dir)?;
        let registry = Registry::new();
        let rule_metrics = Arc::new(RuleMetrics::new(&registry)?);

        let ruleset = first_rules(&settings.rules, &rule_metrics)?;
        say_what_services_miss(&settings.config, &ruleset);
        let ruleset = Arc::new(ArcSwap::from_pointee(ruleset));

        let access = open_access(&settings, &clock)
            .map_err(|error| damaged::with_help(error, &data_dir.access(), of_access))?;
        let access = Arc::new(access);
        let (searches, aside) = open_searches(&settings, &clock, of_searches)?;
        let expected = settings.config.expected_sources.clone();
        let sources = Arc::new(Sources::expecting(move |key| {
            expected.iter().any(|one| one.is_key(key))
        }));
        let log_sources = Arc::new(SeenLogSources::default());
        let forgotten = metrics::counter(
            &registry,
            "vakt_coverage_hosts_forgotten_total",
            "Hosts of no asset that coverage forgot, because more send than it tells apart.",
        )?;
        let assets = Arc::clone(&records.settings().assets);
        let kinds = Arc::new(SeenKinds::of(assets, Some(forgotten)));
        let activity = Arc::new(RuleActivity::new(&ruleset.load_full()));
        let collector = SourcesCollector::new(Arc::clone(&sources), Arc::clone(&clock))?;
        registry.register(Box::new(collector))?;
        let stop = Stop::default();
        let mut threads = Vec::new();

        let index_progress = Arc::new(IndexProgress::default());
        if let Some(rebuilt) = rebuilt {
            index_progress.rebuild(rebuilt.reason.to_string(), journal.durable_end());
        }
        let detect_progress = Arc::new(DetectProgress::default());
        let acknowledged_before = journal.durable_end();
        let quarantined = metrics::quarantined(&registry)?;
        let quarantine = |name| Quarantine::new(name, quarantined.with_label_values(&[name]));
        let records_lost = !records_were_there && acknowledged_before > journal.first_position();
        let mut start_notes = views::report_recovery(&recovery);
        if acknowledged_before > journal.first_position() {
            start_notes.extend(say_what_is_lost(&lost));
        }
        start_notes.extend(aside);
        let writer = index.writer()?;
        let index = Arc::new(ArcSwap::from_pointee(index));
        let heads = Heads {
            journal: Arc::clone(&journal),
            records: Arc::clone(&records),
            index: Arc::clone(&index),
        };
        // Before anything changes what they are of.
        heads.try_to_enter();
        threads.push(spawn("heads", {
            let (heads, stop) = (heads.clone(), stop.clone());
            move || heads.run(&stop)
        })?);
        threads.extend(start_indexing(
            &journal,
            &index,
            &frames,
            &index_progress,
            Feed {
                dir: data_dir.index(),
                writer,
                quarantine: quarantine("index"),
            },
            &stop,
        )?);
        let detection = DetectThread {
            journal: Arc::clone(&journal),
            records: Arc::clone(&records),
            ruleset: Arc::clone(&ruleset),
            sources: Arc::clone(&sources),
            log_sources: Arc::clone(&log_sources),
            kinds: Arc::clone(&kinds),
            activity: Arc::clone(&activity),
            clock: Arc::clone(&clock),
            metrics: DetectMetrics::new(&registry)?,
            progress: Arc::clone(&detect_progress),
            stop: stop.clone(),
            accounted: AtomicU64::new(detect::UNKNOWN),
        };
        let quarantine = quarantine("detect");
        threads.push(spawn("detect", move || detection.run(quarantine))?);

        let age_waits = Arc::new(AgeWaits::default());
        let retention = RetentionThread {
            journal: Arc::clone(&journal),
            index: Arc::clone(&index_progress),
            detect: Arc::clone(&detect_progress),
            retention: settings.config.retention.clone(),
            searches: Arc::clone(&searches),
            index_dir: data_dir.index(),
            clock: Arc::clone(&clock),
            waits: Arc::clone(&age_waits),
            metrics: RetentionMetrics::new(&registry)?,
            stop: stop.clone(),
        };
        threads.push(spawn("retention", move || retention.run())?);

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("net")
            .enable_all()
            .build()
            .context("cannot start the network threads")?;
        let intake: Arc<dyn Intake> = Arc::new(JournalIntake::new(Arc::clone(&journal)));
        let (stop_listening, stopping) = watch::channel(false);
        let mut bound = runtime.block_on(Bound::bind(&settings.config, &registry, &clock))?;
        if !recovery.was_closed {
            bound.add_stored(&journal);
        }
        let desk = Arc::new(desk(
            &settings.config,
            &bound.http_url(),
            &records,
            redactor.clone(),
            &clock,
        ));
        let watch = Watch::new(
            Arc::clone(&journal),
            Arc::clone(&sources),
            settings.config.expected_sources.clone(),
            clock.now(),
        );
        threads.extend(desk.start(watch, &stop)?);
        let health = Arc::new(Health {
            journal: Arc::clone(&journal),
            index: Arc::clone(&index_progress),
            detect: Arc::clone(&detect_progress),
            ruleset: Arc::clone(&ruleset),
            acknowledged_before,
            records_lost,
            start_notes,
            age_waits,
            desk: Arc::clone(&desk),
            clock: Arc::clone(&clock),
        });
        if let Some(way) = &settings.config.heartbeat {
            let beat = Beat {
                way: way.clone(),
                health: Arc::clone(&health),
                beats: metrics::gauge(
                    &registry,
                    "vakt_heartbeat_up",
                    "1 while the heartbeat is sent and taken.",
                )?,
                stop: stop.clone(),
            };
            threads.push(spawn("heartbeat", move || beat.run())?);
        }
        readings::register(&registry, Arc::clone(&health))?;
        process::register(&registry, clock.now())?;
        let wiring = Wiring {
            intake: Arc::clone(&intake),
            ingest_metrics: bound.metrics(),
            frames,
            redactor,
            records,
            index,
            index_progress: Arc::clone(&index_progress),
            detect_progress: Arc::clone(&detect_progress),
            journal: Arc::clone(&journal),
            attachments,
            intake_config: settings.config.intake.clone(),
            ruleset: Arc::clone(&ruleset),
            rules: settings.rules.clone(),
            sources,
            log_sources,
            kinds,
            activity,
            desk,
            health,
            access: Arc::clone(&access),
            searches,
            registry,
            clock,
        };
        let api = Api::new(wiring.parts(site(&settings.config, &bound)?))?;
        let listening = bound.serve(&runtime, &intake, &api, &stopping, HTTP_GRACE);
        Ok(Self {
            settings,
            runtime: Mutex::new(Some(runtime)),
            stop_listening,
            listening,
            journal,
            heads,
            access,
            ruleset,
            rule_metrics,
            index: index_progress,
            detect: detect_progress,
            stop,
            threads: Mutex::new(threads),
            _lock: lock,
        })
    }

    /// What listens, where the data is, which zone is assumed: for the person who started it.
    pub fn greeting(&self) -> String {
        let ruleset = self.ruleset.load();
        let zone = jiff::tz::TimeZone::system();
        let mut text = format!(
            "vakt {}\n  data       {}\n  rules      {} loaded, {} refused ({})\n  time zone  {} for times without an offset\n",
            env!("CARGO_PKG_VERSION"),
            self.settings.data_dir.path().display(),
            ruleset.counts.loaded,
            ruleset.counts.refused,
            if self.settings.rules.paths.is_empty() {
                "embedded"
            } else {
                "from files"
            },
            name_of(&zone, jiff::Timestamp::now()),
        );
        let pipelines = ruleset.pipelines.listed().iter();
        let pipelines: Vec<&str> = pipelines.map(|listed| listed.name.as_str()).collect();
        if !pipelines.is_empty() {
            text.push_str(&format!("  pipelines  {}\n", pipelines.join(", ")));
        }
        for (kind, url) in self.listening.addresses() {
            text.push_str(&format!("  {kind:<10} {url}\n"));
        }
        let path = self.settings.data_dir.admin_token();
        let token = path.display();
        text.push_str(&if path.exists() {
            format!("  token      in {token} (administrator)\n")
        } else {
            // It is not written again: whoever took it away may have had his reasons.
            format!(
                "  token      is no longer in {token}: to have a new one, stop this and run \
                 `vakt tokens recover`\n"
            )
        });
        text
    }

    /// A link that signs the administrator in, once, within 15 minutes.
    pub fn sign_in_link(&self) -> Result<String> {
        let link = self.access.sign_in_link(vakt_api::access::ADMIN, None)?;
        Ok(format!("{}{}", self.listening.http_url(), link.path()))
    }

    /// Reads rules and certificates again. What is broken is refused and the old goes on.
    pub fn reload(&self) {
        match Ruleset::load(&self.settings.rules) {
            Ok(new) => self.take_rules(new),
            Err(error) => {
                self.rule_metrics.reloads_refused.inc();
                tracing::error!(
                    error = format!("{error:#}"),
                    "rules cannot be read; the old ones go on"
                );
            }
        }
        if let Err(error) = self.listening.reload_tls() {
            tracing::error!(
                error = format!("{error:#}"),
                "certificates cannot be read; the old ones go on"
            );
        }
    }

    fn take_rules(&self, new: Ruleset) {
        let named = |refused: Vec<&Refused>| {
            let names = refused.into_iter().map(|refused| {
                format!("{}:{} {}", refused.path, refused.line, refused.title)
                    .trim_end()
                    .to_owned()
            });
            names.collect::<Vec<String>>()
        };
        let broken = named(new.broken_since(&self.ruleset.load()));
        if !broken.is_empty() {
            new.report_faults();
            self.rule_metrics.reloads_refused.inc();
            tracing::error!(
                broken = broken.join(", "),
                "the new rules are refused; the old ones go on"
            );
            return;
        }
        if new.is_empty() && !self.ruleset.load().is_empty() {
            new.report_faults();
            self.rule_metrics.reloads_refused.inc();
            tracing::error!(
                "{NO_RULES} any more, where {} were; the old ones go on. To run without rules, \
                 restart",
                self.ruleset.load().counts.loaded
            );
            return;
        }
        let stray = named(new.newly_refused(&self.ruleset.load()));
        if !stray.is_empty() {
            new.report_faults();
            tracing::warn!(
                broken = stray.join(", "),
                "rules are refused that were not loaded before; the others go on"
            );
        }
        tracing::info!(
            loaded = new.counts.loaded,
            refused = new.counts.refused,
            "rules reloaded"
        );
        self.rule_metrics.show_rules(&new);
        self.ruleset.store(Arc::new(new));
        self.rule_metrics.reloads.inc();
    }

    /// Ends everything in order. Listeners have bounds of their own for handing over what they have
    /// read; index and detection work off what the journal holds, as far as they get in time.
    ///
    /// # Errors
    /// When the journal was not closed cleanly or a thread had panicked; everything has ended then, too.
    pub fn stop(&self) -> Result<()> {
        self.stop_listening.send_replace(true);
        let runtime = self
            .runtime
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(runtime) = runtime {
            runtime.block_on(self.listening.ended());
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        let closed = self.journal.close();
        self.stop.set(BACKLOG_PATIENCE);
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let mut panicked = false;
        for thread in threads {
            panicked |= thread.join().is_err();
        }
        let entered = self.heads.enter();
        let end = self.journal.durable_end().0;
        let done = self.index.committed().min(self.detect.next()).0;
        if done < end {
            tracing::warn!(
                events = end - done,
                "not all is indexed and evaluated; the next start goes on with it"
            );
        }
        closed?;
        entered?;
        anyhow::ensure!(
            !panicked,
            "a thread ended in a panic; what it left is done at the next start"
        );
        Ok(())
    }
}

const NO_RULES: &str = "no rule is loaded";

/// Index and detection get this long to work off a backlog: with what comes before it, well within
/// the minute that the service manager waits.
const BACKLOG_PATIENCE: Duration = Duration::from_secs(20);

/// Requests under way get this long to end after the stop.
const HTTP_GRACE: Duration = Duration::from_secs(10);

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .with_context(|| format!("cannot start the thread {name}"))
}

pub(crate) fn record_settings(config: &Config) -> Result<vakt_incident::Settings> {
    Ok(vakt_incident::Settings {
        organisation: config.organisation.clone(),
        regimes: config.regimes.clone(),
        data: config.regime_data()?,
        thresholds: config.thresholds,
        services: vakt_incident::Services::new(config.services.clone()),
        entity: config.entity.clone(),
        half_life: config.half_life,
        assets: config.assets.read()?,
        alerts_told_from: config
            .outputs
            .iter()
            .map(|output| output.route.alerts_from)
            .min()
            .unwrap_or(Level::High),
    })
}

/// The folder of attachments, without the files that a crash left behind.
fn open_attachments(data_dir: &DataDir, records: &Records) -> Result<Attachments> {
    let attachments = Attachments::open(data_dir)?;
    let removed = attachments.remove_orphans(&records.stored_attachments()?)?;
    if removed > 0 {
        tracing::info!(removed, "files that no attachment names are removed");
    }
    Ok(attachments)
}

/// The rules of the start, with what is wrong in them said.
fn first_rules(settings: &RuleSettings, metrics: &RuleMetrics) -> Result<Ruleset> {
    let ruleset = Ruleset::load(settings)?;
    ruleset.report();
    if ruleset.is_empty() {
        tracing::warn!("{NO_RULES}: logs are taken in and found, and nothing is detected");
    }
    metrics.show_rules(&ruleset);
    Ok(ruleset)
}

/// A service whose rules are not there is never away.
fn say_what_services_miss(config: &Config, ruleset: &Ruleset) {
    let loaded: BTreeSet<&str> = ruleset.metas().map(|meta| meta.id.as_str()).collect();
    for service in &config.services {
        let named = [&service.down, &service.limited, &service.slow, &service.up];
        for rule in named.into_iter().flatten() {
            if !loaded.contains(rule.as_str()) {
                tracing::warn!(
                    service = service.name,
                    rule,
                    "the service names a rule that is not loaded: `vakt rules list` shows the ids"
                );
            }
        }
    }
}

/// Says which databases are missing or empty beside a journal that holds something.
fn say_what_is_lost(lost: &[(PathBuf, &'static str)]) -> Vec<String> {
    let mut said = Vec::new();
    for (path, what) in lost {
        let path = path.display();
        let text = format!(
            "{path} was missing or empty at the start, beside a journal: {what} are gone. If that is not meant, \
             stop and put the file back from a backup"
        );
        tracing::error!("{text}");
        said.push(text);
    }
    said
}

/// What the thread that feeds the index has for itself.
struct Feed {
    dir: PathBuf,
    writer: IndexWriter,
    quarantine: Quarantine,
}

/// Starts the threads that feed the index, build inverted indexes, and read its files for damage.
fn start_indexing(
    journal: &Arc<Journal>,
    index: &Arc<ArcSwap<Index>>,
    frames: &Frames,
    progress: &Arc<IndexProgress>,
    feed: Feed,
    stop: &Stop,
) -> Result<[JoinHandle<()>; 2]> {
    // Nobody waits for it: it changes nothing, and ends with the index.
    drop(spawn("verify-index", {
        let (index, progress) = (Arc::downgrade(index), Arc::clone(progress));
        move || index::verify(&index, &progress)
    })?);
    let builder = spawn("index-build", {
        let (index, progress) = (Arc::clone(index), Arc::clone(progress));
        let (journal, stop) = (Arc::clone(journal), stop.clone());
        move || builder::run(&index, &progress, &journal, &stop)
    })?;
    let (journal, index) = (Arc::clone(journal), Arc::clone(index));
    let (frames, progress, stop) = (frames.clone(), Arc::clone(progress), stop.clone());
    let feeder = spawn("index", move || {
        let thread = IndexThread {
            journal: &journal,
            dir: &feed.dir,
            shared: &index,
            frames: &frames,
            progress: &progress,
            stop: &stop,
        };
        index::run(&thread, feed.writer, feed.quarantine);
    })?;
    Ok([feeder, builder])
}

/// The index, or a new one where the old cannot be read: the journal holds everything.
fn open_index(data_dir: &DataDir, frames: &Frames) -> Result<(Index, Option<Rebuilt>)> {
    let frames = Arc::new(frames.clone());
    let (index, rebuilt) = Index::open_or_rebuild(&data_dir.index(), frames)?;
    if let Some(Rebuilt { reason, moved_to }) = &rebuilt {
        let moved_to = moved_to.display();
        match reason {
            // What the operator asked for, or what comes with another version.
            vakt_search::Error::Rules { .. } | vakt_search::Error::Format { .. } => {
                tracing::warn!(%reason, %moved_to, "the index is built again from the journal");
            }
            _ => tracing::error!(
                %reason,
                %moved_to,
                "the index cannot be used and is built again from the journal"
            ),
        }
    }
    Ok((index, rebuilt))
}

/// The journal. No position is given twice, even
/// where the journal lost what the index or the records have already seen.
fn open_journal(
    settings: &Settings,
    records: &Records,
    index: &Index,
) -> Result<(Journal, Recovery)> {
    let seen = records
        .detect_checkpoint()?
        .unwrap_or_default()
        .max(index.next_position()?);
    let options = vakt_storage::Options {
        next_position_min: seen,
        reserve_bytes: settings.config.reserve,
        segment_bytes_max: settings
            .config
            .segment
            .unwrap_or(vakt_storage::options::SEGMENT_BYTES_MAX),
        key: Some(Arc::new(signing_key::load_or_create(&settings.data_dir)?)),
        ..vakt_storage::Options::default()
    };
    let (journal, recovery) = Journal::open(&settings.data_dir.journal(), &options)?;
    Ok((journal, recovery))
}

/// Opens the search log. A damaged one stops nothing: it is set aside, for whoever asks about what is in it, and
/// another one is begun; the answer says so.
fn open_searches(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
    what: &str,
) -> Result<(Arc<Searches>, Option<String>)> {
    let path = settings.data_dir.searches();
    let open = || Searches::open(&path, Arc::clone(clock), settings.config.search_log);
    let error = match open() {
        Ok(searches) => return Ok((Arc::new(searches), None)),
        Err(error) => anyhow::Error::from(error),
    };
    if !damaged::is_damage(&error) {
        return Err(error);
    }
    let aside = damaged::set_aside(&path)
        .with_context(|| format!("{} is damaged and cannot be moved aside", path.display()))?;
    let text = format!(
        "{} was damaged ({error}): it is {} now, and another one was begun, without {what}. Put it back from a backup",
        path.display(),
        aside.display()
    );
    tracing::error!("{text}");
    Ok((Arc::new(open()?), Some(text)))
}

/// Opens the users and tokens; on the first start writes the administrator's token.
fn open_access(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Access> {
    let access = Access::open(&settings.data_dir.access(), Arc::clone(clock))?;
    let path = settings.data_dir.admin_token();
    access.ensure_admin_with(|secret| {
        write_secret(&path, &format!("{}\n", secret.reveal())).map_err(std::io::Error::other)
    })?;
    let mut secrets = Vec::new();
    for token in &settings.config.intake_tokens {
        let secret = std::fs::read_to_string(&token.token_file).with_context(|| {
            format!(
                "the token file {} of the intake token {} cannot be read",
                token.token_file.display(),
                token.name
            )
        })?;
        secrets.push(secret.trim().to_owned());
    }
    let senders: Vec<ConfiguredSender<'_>> = settings
        .config
        .intake_tokens
        .iter()
        .zip(&secrets)
        .map(|(token, secret)| ConfiguredSender {
            name: &token.name,
            stream: &token.stream,
            token: secret,
        })
        .collect();
    access.set_configured_senders(&senders)?;
    Ok(access)
}

fn desk(
    config: &Config,
    http_url: &str,
    records: &Arc<Records>,
    redactor: Option<Arc<Redactor>>,
    clock: &Arc<dyn Clock>,
) -> Desk {
    let organisation = config.organisation.as_ref();
    Desk {
        records: Arc::clone(records),
        redactor,
        clock: Arc::clone(clock),
        public_url: config
            .public_url
            .clone()
            .unwrap_or_else(|| http_url.to_owned()),
        organisation: organisation.map(|organisation| organisation.name.clone()),
        outputs: config.outputs.clone(),
        reminders: config.reminders.clone(),
        routed: AtomicU64::new(0),
    }
}

/// A zone's IANA name; its offset now where it has none (POSIX rules in `TZ`).
fn name_of(zone: &jiff::tz::TimeZone, now: jiff::Timestamp) -> String {
    if let Some(name) = zone.iana_name() {
        return name.to_owned();
    }
    if zone.is_unknown() {
        return "UTC".to_owned();
    }
    let seconds = zone.to_offset(now).seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    format!(
        "UTC{sign}{:02}:{:02} now (it has no name)",
        minutes / 60,
        minutes % 60
    )
}

/// The zone in which people are shown times: that of the first regime.
fn local_zone(config: &Config) -> Result<jiff::tz::TimeZone> {
    let data = config.regime_data()?;
    let law = data.select(&config.regimes)?;
    let zone = law.regimes.first().map(|regime| regime.zone.as_str());
    zone.and_then(vakt_incident::calendar::zone)
        .context("the regimes of the configuration name no time zone")
}

fn site(config: &Config, bound: &Bound) -> Result<Site> {
    Ok(Site {
        organisation: config
            .organisation
            .as_ref()
            .map(|organisation| organisation.name.clone()),
        zone: local_zone(config)?,
        streams: config.streams.clone(),
        syslog_address: bound.syslog_tcp(),
    })
}
