//! Effects that wait in the store until their system has room: apart from what is due, so that a heap of them for a system
//! that does not answer stands before nobody else.

use crate::db::{Db, Dialect, Queries, params};
use crate::error::Result;
use crate::hot::skip_locked;

/// Goes from system to system, however many effects wait for each.
pub(in crate::hot) const WAITING_SYSTEMS: &str = "WITH RECURSIVE systems(system) AS (
        SELECT min(waits_for) FROM effects WHERE waits_for > ''
        UNION ALL
        SELECT (SELECT min(e.waits_for) FROM effects e WHERE e.waits_for > systems.system)
        FROM systems WHERE systems.system IS NOT NULL
    )
    SELECT system FROM systems WHERE system IS NOT NULL";

pub(in crate::hot) async fn waiting_systems(db: &Db) -> Result<Vec<String>> {
    let mut reader = db;
    reader.all(WAITING_SYSTEMS, params![]).await?.iter().map(|row| row.get("system")).collect()
}

pub(in crate::hot) fn let_in_sql(dialect: Dialect) -> String {
    let others = skip_locked(dialect);
    format!(
        "UPDATE effects SET waits_for = NULL WHERE (id, address_id) IN (
            SELECT e.id, e.address_id FROM effects e WHERE e.waits_for = $1 ORDER BY e.due_at LIMIT $2{others})"
    )
}

pub(in crate::hot) async fn let_in(db: &Db, systems: &[(String, u32)]) -> Result<u64> {
    if systems.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let mut let_in = 0;
    for (system, most) in systems {
        let sql = sqlx::AssertSqlSafe(let_in_sql(tx.dialect()));
        let_in += tx.execute(sql, params![system, i64::from(*most)]).await?;
    }
    tx.commit().await?;
    Ok(let_in)
}
