//! Wrappers of ports, without their signatures: [`delegate_port!`](crate::delegate_port) implements a port
//! for a type that passes each call on, and the type says only what happens around a call. The methods of
//! each port are listed once, in `methods`.

mod methods;
pub mod types;

pub use async_trait::async_trait;

/// Implements a port for a type that wraps another implementation of it.
///
/// ```text
/// delegate_port!(Runs, Recorder<P>, |it| it.inner, |name, call| match method {
///     seal => it.recorded(name, call).await,
///     release(id, worker, release) => it.inner.release(id, worker, &it.delayed(release)).await,
///     _ => call.await,
/// });
/// ```
///
/// `it` is the wrapper, as the method receives it: `&Self`, `&mut Self` or `Box<Self>`. `it.inner` is the
/// wrapped port. A type with one parameter wraps whatever implements the port.
///
/// `match method` compares names when the macro is expanded. An arm without arguments has the call as a
/// future, which does nothing before it is awaited. An arm with arguments makes the call itself, or none. `_`
/// is for the other methods, except those that are not `async`: without an arm of their own they are passed
/// on.
///
/// A type that wraps nothing answers in each arm:
///
/// ```text
/// delegate_port!(Connectors, Broken, |it| match method { _ => it.fail() });
/// ```
///
/// Arms see the types of the ports' signatures (`types`) without importing them.
#[macro_export]
macro_rules! delegate_port {
    // The implementation, from the methods that `port_methods!` adds to what a test has written.
    (
        @impl [[$($generics:tt)*] $port:ident [$type:ty] $it:ident $wrapped:tt $arms:tt]
        $( async fn $method:ident($this:ident: $receiver:ty $(, $arg:ident: $arg_type:ty)*)
            -> $answer:ty $(, as $name:literal)?; )*
        $( fn $plain:ident($plain_this:ident: $plain_receiver:ty) -> $plain_answer:ty; )*
    ) => {
        const _: () = {
            macro_rules! known {
                () => {};
                $( ($method) => {}; )*
                $( ($plain) => {}; )*
            }
            $crate::delegate_port! { @known known $arms }

            use $crate::delegation::types::*;

            #[$crate::delegation::async_trait]
            impl $($generics)* $port for $type {
                $( async fn $method($this: $receiver $(, $arg: $arg_type)*) -> $answer {
                    let $it = $this;
                    let _ = &$it;
                    $crate::delegate_port!(
                        @arm [async $method ($method $($name)?) ($($arg,)*) $wrapped] $arms)
                } )*

                $( fn $plain($plain_this: $plain_receiver) -> $plain_answer {
                    let $it = $plain_this;
                    let _ = &$it;
                    $crate::delegate_port!(@arm [plain $plain ($plain) () $wrapped] $arms)
                } )*
            }
        };
    };

    // An arm of another name than a method's does not compile.
    (@known $known:ident { $(_ => $default:expr $(,)?)? }) => { $known! {} };
    (
        @known $known:ident
        { $own:ident $(($($arg:pat_param),*))? => $body:block $(,)? $($others:tt)* }
    ) => {
        $known! { $own }
        $crate::delegate_port! { @known $known { $($others)* } }
    };
    (
        @known $known:ident
        { $own:ident $(($($arg:pat_param),*))? => $body:expr, $($others:tt)* }
    ) => {
        $known! { $own }
        $crate::delegate_port! { @known $known { $($others)* } }
    };

    // A method's arm: the default, if no other has its name.
    (@arm [async $($method:tt)*] { _ => $default:expr $(,)? }) => {
        $crate::delegate_port!(@run [$($method)*] => $default)
    };
    (
        @arm [plain $method:ident $name:tt $args:tt [$inner:expr, $($names:tt)*]]
        { $(_ => $default:expr $(,)?)? }
    ) => {
        $inner.$method $args
    };
    (
        @arm [$kind:ident $($method:tt)*]
        { $own:ident $(($($arg:pat_param),*))? => $body:block $(,)? $($others:tt)* }
    ) => {
        $crate::delegate_port!(@choose [$($method)*] $own
            { $crate::delegate_port!(@run [$($method)*] $(($($arg),*))? => $body) }
            { $crate::delegate_port!(@arm [$kind $($method)*] { $($others)* }) })
    };
    (
        @arm [$kind:ident $($method:tt)*]
        { $own:ident $(($($arg:pat_param),*))? => $body:expr, $($others:tt)* }
    ) => {
        $crate::delegate_port!(@choose [$($method)*] $own
            { $crate::delegate_port!(@run [$($method)*] $(($($arg),*))? => $body) }
            { $crate::delegate_port!(@arm [$kind $($method)*] { $($others)* }) })
    };

    // A macro can't compare two names, but the patterns of a new macro can be the names.
    (@choose [$method:ident $($rest:tt)*] $own:ident { $($then:tt)* } { $($otherwise:tt)* }) => {{
        macro_rules! choice {
            ($own) => { $($then)* };
            ($method) => { $($otherwise)* };
        }
        choice!($method)
    }};

    // An arm, with the arguments or with the call.
    (@run [$method:ident $name:tt $args:tt []] => $body:expr) => {{
        let _ = $args;
        $body
    }};
    (@run [$method:ident $name:tt $args:tt []] ($($arg:pat_param),*) => $body:expr) => {{
        let ($($arg,)*) = $args;
        $body
    }};
    (@run [$method:ident $name:tt $args:tt [$inner:expr, $call_name:ident, $call:ident]] => $body:expr) => {{
        let $call_name = $crate::delegate_port!(@name $name);
        let $call = $inner.$method $args;
        let _ = ($call_name, &$call);
        $body
    }};
    (
        @run [$method:ident $name:tt $args:tt [$inner:expr, $call_name:ident, $call:ident]]
        ($($arg:pat_param),*) => $body:expr
    ) => {{
        let $call_name = $crate::delegate_port!(@name $name);
        let _ = $call_name;
        let ($($arg,)*) = $args;
        $body
    }};

    (@name ($method:ident)) => { stringify!($method) };
    (@name ($method:ident $name:literal)) => { $name };

    // What a test writes: with or without a wrapped port.
    (@form $generics:tt $port:ident $type:tt |$it:ident| match method $arms:tt $(,)?) => {
        $crate::port_methods! { $port [$generics $port $type $it [] $arms] }
    };
    (
        @form $generics:tt $port:ident $type:tt |$it:ident| $inner:expr,
        |$name:ident, $call:ident| match method $arms:tt $(,)?
    ) => {
        $crate::port_methods! { $port [$generics $port $type $it [$inner, $name, $call] $arms] }
    };
    ($port:ident, $type:ident<$inner:ident>, $($form:tt)*) => {
        $crate::delegate_port! { @form [<$inner: $port>] $port [$type<$inner>] $($form)* }
    };
    ($port:ident, $type:ty, $($form:tt)*) => {
        $crate::delegate_port! { @form [] $port [$type] $($form)* }
    };
}
