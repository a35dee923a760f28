//! Spaces, members, roles: who may do what.
