//! A connection as an extension of desktop apps: a file that a double click installs (`.mcpb`, a zip). The app asks for
//! the key and keeps it; it is in no file.

use axum::extract::State;
use domain::Error;
use domain::connection::{Connection, Kind};
use domain::id::ConnectionId;
use domain::shelf::Shelf;
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use web::{App, At, Owner, Problem};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub(crate) const MEDIA: &str = "application/zip";

/// What it runs: it stands for the MCP address and needs nothing but Node, which the apps bring.
const BRIDGE: &str = include_str!("../../../templates/clients/mcpb.mjs");
const PLACE: &str = "server/index.mjs";

type File = ([(HeaderName, String); 2], Vec<u8>);

pub(crate) async fn of_one(
    Owner(owner): Owner,
    State(app): State<App>,
    At(id): At<ConnectionId>,
    headers: HeaderMap,
) -> Result<File, Problem> {
    let connection = Shelf::<Connection>::new(&*app.table, owner).get(id).await?;
    if connection.face.kind() != Kind::Mcp {
        let said = "only a connection of the kind mcp can be one; make it one of that kind";
        return Err(Error::InTheWay(said.to_owned()).into());
    }
    let manifest = manifest(&connection, &app.site.resource(&headers));
    let file = zipped(&[("manifest.json", &manifest.to_string()), (PLACE, BRIDGE)]);
    let named = format!("attachment; filename=\"{}.mcpb\"", connection.slug.as_str());
    let kinds = [(CONTENT_TYPE, MEDIA.to_owned()), (CONTENT_DISPOSITION, named)];
    Ok((kinds, file.map_err(Problem::internal)?))
}

fn manifest(connection: &Connection, url: &str) -> Value {
    let env = json!({ "BRIDGE_URL": "${user_config.url}", "BRIDGE_TOKEN": "${user_config.key}" });
    let run = json!({ "command": "node", "args": [format!("${{__dirname}}/{PLACE}")], "env": env });
    let asked = json!({
        "url": {
            "type": "string", "title": "Address", "description": "Where this Larder speaks MCP.",
            "default": url, "required": true,
        },
        "key": {
            "type": "string", "title": "Key", "description": "The key of this connection, which was shown once.",
            "sensitive": true, "required": true,
        },
    });
    json!({
        "manifest_version": "0.3",
        "name": connection.slug.as_str(),
        "display_name": connection.name.as_str(),
        "version": env!("CARGO_PKG_VERSION"),
        "description": "One person's goals, tasks, memories and notes, as far as they let this connection.",
        "author": { "name": "Larder" },
        "server": { "type": "node", "entry_point": PLACE, "mcp_config": run },
        "user_config": asked,
        "tools_generated": true,
        "prompts_generated": true,
        "compatibility": { "platforms": ["darwin", "win32", "linux"], "runtimes": { "node": ">=18.0.0" } },
    })
}

fn zipped(files: &[(&str, &str)]) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let as_it_is = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, text) in files {
        zip.start_file(*name, as_it_is)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
