//! `GET /api/v1/conversations/{conversation_id}/messages`: oldest or newest first.

use api::{Call, List};
use conversations::Order;
use kernel::{Code, Page, Problem, Result};

use crate::message::{MessageBody, MessageView, Web};

pub(crate) async fn list_messages(call: Call) -> Result<List<MessageBody>> {
    let order = order(call.query("order").as_deref())?;
    let page = conversations::list_messages(
        call.cx()?,
        call.param("conversation_id")?,
        order,
        call.page()?,
    )
    .await?;
    let web = Web::from_config().await?;
    let items =
        page.items.into_iter().map(|message| MessageView { message, web: web.clone() }).collect();
    api::list(&Page { items, total: page.total, next: page.next })
}

contract::words! {
    OrderName = ["oldest", "newest"];
}

contract::shape! {
    pub(crate) struct MessagesParameters {
        #[schema(as = OrderName, extend("default" = "oldest"))]
        order: Option<String>,
    }
}

fn order(asked: Option<&str>) -> Result<Order> {
    match asked {
        None | Some("oldest") => Ok(Order::OldestFirst),
        Some("newest") => Ok(Order::NewestFirst),
        Some(_) => Err(Problem::new(Code::InvalidQuery, "order: expected oldest or newest")),
    }
}
