//! Emails about quotas that have reached a threshold.

use mail::{Failure as NotSent, QuotaAlert, template::Language};
use queue::{Failure, Lease};
use usage::{
    alert::{self, AlertMail},
    job::SendQuotaAlert,
};

use super::{Handler, send_email};
use crate::{run::Worker, task::Stop};

impl Handler for SendQuotaAlert {
    /// Sends the email, and ends the job. Without a mail server the alert is in the list only.
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        let cx = worker.cx(lease.tenant, lease.job.to_string());
        let Some(mailer) = &worker.mailer else { return send_email::succeed(&cx, lease).await };
        let Some(found) = alert::alert_mail(&cx, self.alert_id, self.user_id).await? else {
            return send_email::succeed(&cx, lease).await;
        };
        cx.db.release().await;
        let page = if found.is_own { "settings/usage" } else { "admin/quotas" };
        let email = render(&found, &format!("{}/{page}", worker.public_url));
        match mailer.send(&email).await {
            Ok(()) => send_email::succeed(&cx, lease).await,
            Err(NotSent::Refused(why)) => {
                Err(Stop::Failed(Failure::new("mail_refused", why, "check the address")))
            }
            Err(NotSent::Transient(problem)) => Err(Stop::Transient(problem)),
        }
    }
}

fn render(found: &AlertMail, url: &str) -> mail::Email {
    // To the minute: `2026-12-01T00:00:00.000Z`.
    let ends_at: String = found.ends_at.to_string().replace('T', " ").chars().take(16).collect();
    let alert = QuotaAlert {
        email: &found.email,
        name: &found.display_name,
        organisation: &found.organisation,
        subject: &found.subject,
        subject_name: found.subject_name.as_deref(),
        is_own: found.is_own,
        measure: found.measure.as_str(),
        period: found.period.as_str(),
        percent: found.percent,
        used: &found.used,
        limit: &found.limit,
        ends_at: &ends_at,
        url,
    };
    alert.render(Language::of(found.language.as_deref()))
}
