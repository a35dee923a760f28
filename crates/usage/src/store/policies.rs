//! The SQL of policies.

use kernel::{Problem, Result};
use platform::Cx;

use crate::policy::UnpricedPolicy;

pub(crate) async fn get(cx: &Cx) -> Result<UnpricedPolicy> {
    let Some(row) = cx.db.optional("select p.unpriced from usage_policies p", &[]).await? else {
        return Ok(UnpricedPolicy::default());
    };
    UnpricedPolicy::parse(&row.get::<String>("unpriced")?)
        .map_err(|problem| Problem::internal(problem.detail))
}

pub(crate) async fn put(cx: &Cx, policy: UnpricedPolicy) -> Result<()> {
    let sql = "insert into usage_policies (tenant_id, unpriced) values ($1, $2) on conflict (tenant_id) do update set unpriced = excluded.unpriced";
    cx.db.execute(sql, &[cx.tenant()?.into(), policy.as_str().into()]).await?;
    Ok(())
}
