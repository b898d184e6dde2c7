//! What becomes of requests in a journey: the site file's word, references replaced.
//!
//! Boundary: from a site file to rules; a file that answers is read here, once a journey.

use super::options::Options;
use crate::analytics::Address;
use crate::browser::rules::{Answer, Place, Rules};
use crate::error::{Error, Result};
use crate::site::Site;
use crate::site::net::{StubBody, beside};
use crate::site::place::AddressKind;
use crate::site::template::{Template, Variables};

/// The largest file that answers a request.
const MOST: u64 = 16 << 20;

/// The rules of a journey.
///
/// # Errors
/// [`Error::Usage`]: a value that can't be a header's, an address that isn't one, a file that can't be read. The text names
/// variables, never their values.
pub fn rules(site: &Site, base_url: &url::Url, variables: &Variables) -> Result<Rules> {
    let net = &site.net;
    let mut rules = Rules::default();
    for header in &net.headers {
        let place = match &header.host {
            Some(host) => Place::Host(host.clone()),
            None => Place::Origin(base_url.origin().ascii_serialization()),
        };
        rules.headers.push((place, header.name.clone(), value(&header.value, variables, &header.name)?));
    }
    for login in &net.logins {
        rules.logins.push((login.origin.clone(), login.user.render(variables), login.password.render(variables)));
    }
    for pattern in &net.block {
        rules.block.push(address(pattern, variables)?);
    }
    for stub in &net.stub {
        let mut headers = Vec::new();
        for (name, text) in &stub.headers {
            headers.push((name.clone(), value(text, variables, name)?));
        }
        let body = match &stub.body {
            StubBody::Text(text) => text.render(variables).into_bytes(),
            StubBody::File(file, span) => {
                let path = beside(&site.source, file);
                let wrong = |why: &str| {
                    Error::Usage(format!(
                        "{}:{}: `file: {file}` can't be read: {why}",
                        site.source.of(*span).name,
                        span.line
                    ))
                };
                let size = std::fs::metadata(&path).map_err(|error| wrong(&error.to_string()))?.len();
                if size > MOST {
                    return Err(wrong("it is larger than 16 MiB"));
                }
                std::fs::read(&path).map_err(|error| wrong(&error.to_string()))?
            }
        };
        rules.stub.push((address(&stub.url, variables)?, Answer { status: stub.status, headers, body }));
    }
    Ok(rules)
}

/// Whether the rules of all journeys of a run can be had.
///
/// # Errors
/// As [`rules`].
pub(super) fn check(site: &Site, base_url: &url::Url, options: &Options) -> Result<()> {
    if site.net.is_empty() {
        return Ok(());
    }
    options.journeys.iter().try_for_each(|journey| rules(site, base_url, &options.variables(journey)).map(drop))
}

fn value(template: &Template, variables: &Variables, name: &str) -> Result<String> {
    let value = template.render(variables);
    if value.chars().any(|c| c.is_control() || !c.is_ascii()) {
        let text = &template.text;
        return Err(Error::Usage(format!(
            "the header `{name}` can't be `{text}`: its value has a line break or a character that isn't ASCII"
        )));
    }
    Ok(value.trim().to_owned())
}

fn address(template: &Template, variables: &Variables) -> Result<Address> {
    let wrong = |why: String| Error::Usage(format!("`{}` isn't a valid address: {why}", template.text));
    Address::parse(&template.render_address(variables, AddressKind::Pattern).map_err(wrong)?).map_err(wrong)
}
