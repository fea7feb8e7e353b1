"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** Globs of YAML workflows, from the root of the file system. */
function workflows(settings) {
  const folders = workspace.workspaceFolders ?? [];
  return folders.flatMap((folder) => {
    const root = folder.uri.fsPath.replaceAll("\\", "/");
    return settings.get("workflows").map((glob) => `${root}/${glob}`);
  });
}

exports.activate = async function () {
  const settings = workspace.getConfiguration("wfc");
  const yaml = workflows(settings).map((pattern) => ({ scheme: "file", language: "yaml", pattern }));
  const server = { command: settings.get("path"), args: ["lsp"] };
  client = new LanguageClient("wfc", "wfc", server, {
    documentSelector: [
      { scheme: "file", language: "workflow-lisp" },
      { scheme: "file", pattern: "**/wfc.toml" },
      ...yaml,
    ],
    synchronize: {
      // What a workflow names may appear or change on the disk.
      fileEvents: workspace.createFileSystemWatcher("**/*.{yaml,yml,orc,toml,json,md,txt}"),
    },
  });
  await client.start();
};

exports.deactivate = function () {
  return client?.stop();
};
