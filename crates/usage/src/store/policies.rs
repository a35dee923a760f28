//! The SQL of policies.

use kernel::{Problem, Result};
use platform::Cx;

use crate::policy::{UnpricedPolicy, UsagePolicy};

pub(crate) async fn get(cx: &Cx) -> Result<UsagePolicy> {
    let sql = "select p.unpriced, p.answer_costs from usage_policies p";
    let Some(row) = cx.db.optional(sql, &[]).await? else {
        return Ok(UsagePolicy::default());
    };
    let unpriced = UnpricedPolicy::parse(&row.get::<String>("unpriced")?)
        .map_err(|problem| Problem::internal(problem.detail))?;
    Ok(UsagePolicy { unpriced, shows_answer_costs: row.get("answer_costs")? })
}

pub(crate) async fn put(cx: &Cx, policy: UsagePolicy) -> Result<()> {
    let sql = "insert into usage_policies (tenant_id, unpriced, answer_costs) values ($1, $2, $3)
        on conflict (tenant_id) do update set unpriced = excluded.unpriced, answer_costs = excluded.answer_costs";
    let UsagePolicy { unpriced, shows_answer_costs } = policy;
    let params = [cx.tenant()?.into(), unpriced.as_str().into(), shows_answer_costs.into()];
    cx.db.execute(sql, &params).await?;
    Ok(())
}
