//! Holds every statement of the hot path to finding its rows by an index, on both databases.

use sqlx::{AssertSqlSafe, Connection};

use super::{commit, effects, events, load, processes, prune, statuses, timers};
use crate::Store;
use crate::db::batch::Batch;
use crate::db::many::{LazyMany, Many};
use crate::db::{Dialect, Param, Queries, params};

/// How many parameters stand before the rows is known by what the statement is for.
struct Listed {
    name: &'static str,
    many: &'static LazyMany,
    others: fn() -> Vec<Param>,
    /// Locks rows, which SQLite does not.
    postgres_only: bool,
}

macro_rules! list {
    ($($($module:ident)::+ . $NAME:ident $(($($other:expr),*))? $([$only:ident])?;)*) => {
        vec![$(Listed {
            name: stringify!($NAME),
            many: &$($module)::+::$NAME,
            others: || params![$($($other),*)?],
            postgres_only: !"".eq(concat!($(stringify!($only))?)),
        }),*]
    };
}

fn statements() -> Vec<Listed> {
    list! {
        load.LOAD;
        commit.SEEN;
        commit::at_once.HELD [postgres];
        commit::check.KNOW;
        commit::check.HOLD [postgres];
        commit::check.STANDING;
        commit::check.REMEMBERED;
        commit::rows.CONTACTS;
        commit::rows.HAS_ATTRIBUTES;
        commit::rows.ATTRIBUTES;
        commit::rows.NO_ATTRIBUTES;
        commit::rows.SESSIONS;
        commit::rows.ADDRESSES;
        commit::rows.PRESENT;
        commit::rows.REMEMBER;
        commit::rows.JOURNAL;
        commit::rows.MESSAGES;
        commit::rows.EFFECTS;
        commit::rows.ANSWERED;
        commit::rows.TIMERS;
        commit::rows.NO_TIMERS;
        commit::rows.ENDED;
        commit::rows.STATISTICS;
        effects.LOCK [postgres];
        effects.TRY_LOCK [postgres];
        effects::due.TAKE ("owner", 1_i64);
        effects::due.RELEASE ("owner", 1_i64);
        effects::due.LANES;
        effects::due.PARK (1_i64);
        effects.FIND_LANES;
        effects::settle.FIND;
        effects::settle.OVER;
        effects::settle.SENT;
        effects::settle.PUT_OFF;
        effects::settle.GIVEN_BACK (1_i64);
        effects::settle.DEAD;
        effects::settle.FAILED;
        effects::settle.PARKS [postgres];
        effects::settle.FREE (1_i64);
        effects::settle::at_once.OPEN [postgres];
        effects::settle::at_once.LANES_HELD [postgres];
        effects::settle::at_once.OPEN_HELD [postgres];
        events.INSERT;
        events.CONSUME;
        prune::conversations.LEAVE_POSITION;
        prune::conversations.NO_MESSAGES;
        prune::conversations.NO_JOURNAL;
        prune::conversations.NO_SESSIONS;
        prune::conversations.UNKNOWN;
        prune::conversations.NO_ADDRESSES;
        statuses.BY_EFFECT;
        statuses.BY_PROVIDER_ID;
        statuses.READ;
        statuses.UPDATE;
        statuses.SETTLED;
        processes.END_LEASES (1_i64, "owner");
        timers.RUNNING;
        timers.EXPIRING;
    }
}

/// What is asked again and again, with its parameters.
fn polls(dialect: Dialect) -> Vec<(String, Vec<Param>)> {
    let page = || params![1_i64, 10_i64];
    let before = || params!["w", "sandbox", 1_i64, 10_i64];
    vec![
        (prune::conversations::ENDED.to_owned(), before()),
        (prune::conversations::TRACED.to_owned(), params!["w", "sandbox", 1_i64, 2_i64, 10_i64]),
        (prune::events::SHARE.to_owned(), params!["00", "01", 1_i64]),
        (prune::problems::DEAD_LETTERS.to_owned(), before()),
        (prune::problems::KEPT.to_owned(), before()),
        (prune::problems::CHANNEL_LOG.to_owned(), before()),
        (prune::problems::AUDIT.to_owned(), params!["w", 1_i64, 10_i64]),
        (effects::due::IS_DUE.to_owned(), params![1_i64]),
        (effects::due::DUE_LANES.to_owned(), page()),
        (effects::due::due_calls_sql(dialect), page()),
        (effects::waiting::WAITING_SYSTEMS.to_owned(), params![]),
        (effects::waiting::let_in_sql(dialect), params!["w/sandbox/channel/c", 10_i64]),
        (events::IS_PENDING.to_owned(), params![1_i64]),
        (events::offer_sql(dialect), params![1_i64, 10_i64, 1_i64]),
        (timers::IS_DUE.to_owned(), params![1_i64]),
        (timers::take_sql(dialect), page()),
        (timers::IS_EXPIRED.to_owned(), params![1_i64]),
        (timers::choose_sql(dialect), page()),
        (processes::LEASED_BY.to_owned(), params![20_900_i64, "owner"]),
    ]
}

/// The statements that are several in one, each with everything that it can write, or with what it mostly does.
fn at_once(mostly: bool) -> Vec<(String, Vec<Param>)> {
    let example = |many: &'static LazyMany| vec![many.example()];
    let mut commit = Batch::default();
    for many in [
        &commit::rows::CONTACTS,
        &commit::rows::HAS_ATTRIBUTES,
        &commit::rows::ATTRIBUTES,
        &commit::rows::NO_ATTRIBUTES,
        &commit::rows::SESSIONS,
        &commit::rows::ADDRESSES,
        &commit::rows::PRESENT,
        &commit::rows::REMEMBER,
        &commit::rows::JOURNAL,
        &commit::rows::MESSAGES,
        &commit::rows::EFFECTS,
        &commit::rows::ANSWERED,
        &commit::rows::TIMERS,
        &commit::rows::NO_TIMERS,
        &commit::rows::ENDED,
        &commit::rows::STATISTICS,
        &events::CONSUME,
    ] {
        commit.add(many, Vec::new(), example(many));
    }
    let premises = commit::at_once::of(example(&commit::at_once::HELD), example(&commit::check::REMEMBERED));
    let mut settle = Batch::default();
    let settled: [(&'static LazyMany, Vec<Param>); 7] = [
        (&effects::settle::OVER, Vec::new()),
        (&effects::settle::SENT, Vec::new()),
        (&effects::settle::PUT_OFF, Vec::new()),
        (&effects::settle::DEAD, Vec::new()),
        (&effects::settle::FAILED, Vec::new()),
        (&events::INSERT, Vec::new()),
        (&effects::settle::FREE, params![1_i64]),
    ];
    for (many, others) in settled.into_iter().take(if mostly { 6 } else { 7 }) {
        settle.add(many, others, example(many));
    }
    let held = example(&effects::settle::at_once::LANES_HELD);
    let settling = effects::settle::at_once::premises(held, example(&effects::settle::at_once::OPEN_HELD));
    vec![commit.into_statement(premises).unwrap(), settle.into_statement(settling).unwrap()]
}

fn all(dialect: Dialect) -> Vec<(String, Vec<Param>)> {
    let mut all = polls(dialect);
    if dialect == Dialect::Postgres {
        all.extend(at_once(false));
    }
    for Listed { many, others, postgres_only, .. } in statements() {
        if dialect == Dialect::Postgres || !postgres_only {
            let many: &Many = many;
            let params = many.params(dialect, others(), vec![many.example()]).unwrap();
            all.push((many.sql(dialect).as_str().to_owned(), params));
        }
    }
    all
}

#[test]
fn every_statement_is_listed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hot");
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let declared = line.strip_suffix("LazyMany::new(|| {").unwrap_or(line);
                let Some((_, rest)) = declared.split_once(" static ") else { continue };
                let Some((name, _)) = rest.split_once(": LazyMany") else { continue };
                assert!(statements().iter().any(|listed| listed.name == name), "{} declares {name}", path.display());
            }
        }
    }
}

#[tokio::test]
async fn sqlite_finds_every_row_by_an_index() {
    let folder = std::env::temp_dir().join(format!("usher_store_plans_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.join("usher.db").display()), 2).await.unwrap();
    store.migrate(jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    let mut seen = 0;
    for (sql, params) in all(Dialect::Sqlite) {
        let plan = (&store.db).all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")), params).await.unwrap();
        for step in plan {
            let step: String = step.get("detail").unwrap();
            seen += 1;
            // The given rows themselves, and what comes out of a part of the statement, are gone through.
            let is_given = ["SCAN CONSTANT ROW", "SCAN systems"].contains(&step.as_str())
                || step.contains("VIRTUAL TABLE")
                || step.starts_with("SCAN (");
            assert!(is_given || !step.starts_with("SCAN"), "{step}\n{sql}");
        }
    }
    assert!(seen > 60, "{seen} steps");
    store.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// PostgreSQL reads small tables whole whatever their indexes, so these are not small.
const MANY_ROWS: &str = "
    INSERT INTO contacts SELECT 'i' || n, 'w', 'sandbox', 'Ann', NULL, NULL, 0, n FROM generate_series(1, 20000) n;
    INSERT INTO contact_attributes SELECT 'i' || n, 'tier', '1' FROM generate_series(1, 20000) n;
    INSERT INTO addresses SELECT 'i' || n, 'w', 'sandbox', 'c', 'a' || n, 'i' || n, 'i' || n, n
        FROM generate_series(1, 20000) n;
    INSERT INTO sessions SELECT 'i' || n, 'i' || n, 'w', 'sandbox', 'c', 'k', 'a' || n, 'i' || n, 'r', 'f', 1, 1, 1, n, n, NULL,
        NULL, NULL, 1000 + n, '{}' FROM generate_series(1, 20000) n;
    INSERT INTO journal SELECT 'i' || n, 1, 'i' || n, 'e' || n, n, '00', 1, '0', '{}', '[]', '{}'
        FROM generate_series(1, 20000) n;
    INSERT INTO messages SELECT 'i' || n, 1, 'i' || n, n, 'out', '{}', 'e' || n, NULL, 'sent', 'p' || n, NULL, NULL
        FROM generate_series(1, 20000) n;
    INSERT INTO remembered_events SELECT 'e' || n, 'i' || n, n FROM generate_series(1, 20000) n;
    INSERT INTO effects SELECT 'e' || n, 'i' || n, 'w', 'sandbox', 'c', 'k', 'a' || n, 'i' || n, 'send', 1, '{}', 'pending',
        1000 + n, NULL, 0, NULL, n, NULL FROM generate_series(1, 20000) n;
    INSERT INTO own_events SELECT 'e' || n, 'i' || n, 'w', 'sandbox', 'c', 'a' || n, 'i' || n, '{}', n, 1000 + n
        FROM generate_series(1, 20000) n;
    INSERT INTO timers SELECT 'i' || n, 't', 'i' || n, 1, 1000 + n FROM generate_series(1, 20000) n;
    INSERT INTO kept SELECT 'i' || n, 'w', 'sandbox', 'c', n, 'p', '', NULL, NULL, 0 FROM generate_series(1, 20000) n;
    INSERT INTO channel_log SELECT 'i' || n, 'w', 'sandbox', 'c', n, 'info', 't' FROM generate_series(1, 20000) n;
    INSERT INTO audit SELECT 'i' || n, 'w', n, 'user', 'a', 'b', 'c', '{}' FROM generate_series(1, 20000) n;
    INSERT INTO workspaces SELECT 'w' || n, 'w' || n, 'W', 0, '{}', 1, n FROM generate_series(1, 2000) n;
    INSERT INTO environments SELECT 'w' || n, 'sandbox', '{}', 0, 0 FROM generate_series(1, 2000) n;
    ANALYZE;
";

#[tokio::test]
async fn postgres_finds_every_row_by_an_index() {
    let server = std::env::var("USHER_TEST_POSTGRES").expect(
        "USHER_TEST_POSTGRES is not set: run the tests under `scripts/services run -- …`, which starts PostgreSQL for them",
    );
    let name = format!("usher_store_plans_{}", std::process::id());
    let mut connection = sqlx::PgConnection::connect(&server).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
    sqlx::query(create).execute(&mut connection).await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    let store = Store::open(&format!("{base}/{name}"), 2).await.unwrap();
    store.migrate(jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    // Who is the first to work on a database plans with tables that are empty, and keeps its plans.
    let load = load::LOAD.params(Dialect::Postgres, Vec::new(), vec![load::LOAD.example()]).unwrap();
    let mut common = polls(Dialect::Postgres);
    common.extend(at_once(true));
    let open = &effects::settle::at_once::OPEN;
    let find = open.params(Dialect::Postgres, Vec::new(), vec![open.example()]).unwrap();
    common.push((open.sql(Dialect::Postgres).as_str().to_owned(), find));
    common.push((load::LOAD.sql(Dialect::Postgres).as_str().to_owned(), load));
    find_by_indexes(&mut tx, "empty", common).await;
    tx.run_script(MANY_ROWS.to_owned()).await.unwrap();
    find_by_indexes(&mut tx, "full", all(Dialect::Postgres)).await;
    drop(tx);
    store.close().await;
    let remove = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    sqlx::query(remove).execute(&mut connection).await.unwrap();
}

/// Holds the plans that are kept, which know no parameter, to indexes.
async fn find_by_indexes(tx: &mut crate::Tx, named: &str, statements: Vec<(String, Vec<Param>)>) {
    for (place, (sql, params)) in statements.into_iter().enumerate() {
        tx.run_script(format!("PREPARE {named}_{place} AS {sql}")).await.unwrap();
        let given =
            if params.is_empty() { String::new() } else { format!("({})", vec!["NULL"; params.len()].join(", ")) };
        let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE {named}_{place} {given}"));
        let plan = tx.all(explain, Vec::new()).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|step| step.get(0).unwrap()).collect();
        for (place, step) in steps.iter().enumerate() {
            assert!(!step.contains("Seq Scan"), "{named}: {step}\n{sql}\n{}", steps.join("\n"));
            // An index that is gone through from end to end helps nobody.
            let details = steps[place + 1..].iter().take_while(|detail| !detail.contains("->"));
            let by_index = ["Index Scan", "Index Only Scan"].iter().any(|scan| step.contains(scan));
            let is_found = !by_index || details.clone().any(|detail| detail.contains("Index Cond"));
            assert!(is_found, "{named}: {step}\n{sql}\n{}", steps.join("\n"));
        }
    }
}
