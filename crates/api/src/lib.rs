//! HTTP manners of the components: routing, authentication, problem+json, paging, SSE.
