//! The interfaces of Spin that guests import, generated from `wit/`.

mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "host",
        imports: { default: async | trappable },
        with: {
            "spin:postgres/postgres.connection": crate::postgres::GuestConnection,
            "spin:postgres/postgres.connection-builder": crate::postgres::GuestConnectionBuilder,
            "spin:redis/redis.connection": crate::redis::GuestConnection,
            "spin:key-value/key-value.store": crate::key_value::GuestStore,
        },
    });
}

pub(crate) use generated::spin::key_value::key_value;
pub(crate) use generated::spin::postgres::postgres;
pub(crate) use generated::spin::redis::redis;
pub(crate) use generated::spin::variables::variables;

mod component {
    wasmtime::component::bindgen!({
        path: "../../wit/unary",
        world: "component",
        exports: { default: async },
    });
}

pub(crate) use component::exports::tessera::http::unary;
