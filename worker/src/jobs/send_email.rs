//! Emails with links: the secret is created here, sent, and stored only as a hash.

use accounts::{
    job::SendEmail,
    link_email::{self, LinkPurpose},
};
use mail::{
    Failure as NotSent,
    template::{self, EmailTemplate, Language, Recipient},
};
use platform::log::{self, Level};
use queue::{Failure, Lease};
use serde_json::json;

use super::Handler;
use crate::{run::Worker, task::Stop};

/// Queues jobs for pending password resets.
pub(crate) async fn queue_resets(worker: &Worker) {
    if let Err(problem) = link_email::queue(&worker.db()).await {
        log::line(
            Level::Warn,
            "worker",
            "requests for new passwords wait",
            &[("cause", json!(problem.to_string()))],
        );
    }
}

impl Handler for SendEmail {
    /// Creates the link, sends it, and ends the job.
    async fn run(&self, worker: &Worker, lease: &Lease) -> std::result::Result<(), Stop> {
        let cx = worker.cx(lease.tenant, lease.job.to_string());
        let Some(mailer) = &worker.mailer else {
            log::line(
                Level::Warn,
                "worker",
                "no mail: neither TESSERA_SMTP_URL nor TESSERA_MAIL_OUTBOX is set",
                &[],
            );
            return succeed(&cx, lease).await;
        };
        // No recipient: deleted or changed since the job was queued.
        let Some(found) = link_email::link_email(&cx, lease.job, self.mail, self.user_id).await?
        else {
            return succeed(&cx, lease).await;
        };
        cx.db.release().await;
        let (page, template) = match self.mail {
            LinkPurpose::Reset => ("reset", EmailTemplate::Reset),
            LinkPurpose::Invitation => ("invitation", EmailTemplate::Invitation),
        };
        // The secret is behind `#`, which browsers never send.
        let url = format!("{}/{page}#{}", worker.public_url, found.token);
        let to = Recipient {
            email: &found.email,
            name: &found.display_name,
            organisation: &found.organisation,
            url: &url,
        };
        match mailer
            .send(&template::render(Language::of(found.language.as_deref()), template, to))
            .await
        {
            Ok(()) => succeed(&cx, lease).await,
            Err(NotSent::Refused(why)) => {
                Err(Stop::Failed(Failure::new("mail_refused", why, "check the address")))
            }
            Err(NotSent::Transient(problem)) => Err(Stop::Transient(problem)),
        }
    }
}

/// Ends the job of a mail that was sent, or that there is none for.
pub(super) async fn succeed(cx: &platform::Cx, lease: &Lease) -> std::result::Result<(), Stop> {
    let mut tx = cx.db.begin().await?;
    if queue::succeed(&mut tx, lease).await?.is_none() {
        return Err(Stop::Lost);
    }
    Ok(tx.commit().await?)
}
