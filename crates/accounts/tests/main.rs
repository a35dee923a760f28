//! Users, roles and settings on a real Postgres, for people with their stored roles.

#[cfg(test)]
mod links;
#[cfg(test)]
mod organisation;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod users;
