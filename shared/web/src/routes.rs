//! The router and the list of routes, made in the same pass, so that neither can know a route that the other does not.

use crate::app::App;
use crate::edge::{edge, no_method, no_route};
use crate::pages::{may, open};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{MethodFilter, on};
use http::Method;

/// The largest body that any route reads.
const MOST_BODY_BYTES: usize = 256 * 1024;

pub struct Routes {
    function: &'static str,
    router: Router<App>,
    list: Vec<Route>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub function: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
}

/// Who may call a route. The handler's parameters enforce it; a test walks the list and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    Owner,
    Connection,
}

impl Routes {
    pub fn of(function: &'static str) -> Self {
        Self { function, router: Router::new(), list: Vec::new() }
    }

    pub fn get<H: Handler<T, App>, T: 'static>(self, access: Access, path: &'static str, handler: H) -> Self {
        self.add(Method::GET, MethodFilter::GET, access, path, handler)
    }

    pub fn post<H: Handler<T, App>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::POST, MethodFilter::POST, access, path, handler)
    }

    pub fn put<H: Handler<T, App>, T: 'static>(self, access: Access, path: &'static str, handler: H) -> Self {
        self.add(Method::PUT, MethodFilter::PUT, access, path, handler)
    }

    pub fn patch<H: Handler<T, App>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::PATCH, MethodFilter::PATCH, access, path, handler)
    }

    pub fn delete<H: Handler<T, App>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, access, path, handler)
    }

    /// What was added so far may be called by pages of any origin, too: nothing of it goes by a cookie.
    pub fn for_any_page(mut self) -> Self {
        let mut paths: Vec<_> = self.list.iter().map(|route| route.path).collect();
        paths.dedup();
        for path in paths {
            self = self.add(Method::OPTIONS, MethodFilter::OPTIONS, Access::Public, path, may);
        }
        Self { router: self.router.layer(map_response(open)), ..self }
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        Self { router: self.router.merge(other.router), ..self }
    }

    pub fn list(&self) -> &[Route] {
        &self.list
    }

    pub fn serve(self, app: App) -> Router {
        self.serve_within(app, |router| router)
    }

    /// `host` puts a host's own checks around the routes; what they refuse is a problem like any other.
    pub fn serve_within(self, app: App, host: impl FnOnce(Router<App>) -> Router<App>) -> Router {
        let router = self.router.fallback(no_route).method_not_allowed_fallback(no_method);
        host(router)
            .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
            .layer(from_fn_with_state(app.clone(), edge))
            .with_state(app)
    }

    fn add<H: Handler<T, App>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.list.push(Route { function: self.function, method, path, access });
        Self { router: self.router.route(path, on(filter, handler)), ..self }
    }
}
