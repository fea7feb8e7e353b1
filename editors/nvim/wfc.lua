-- Findings of wfc in Neovim 0.11 or later.
--
-- Put this file in a `plugin/` directory of your configuration, for example
-- ~/.config/nvim/plugin/wfc.lua. `wfc` must be on the PATH.

vim.filetype.add({ extension = { orc = "workflow-lisp" } })
-- Highlighting and indentation of a near relative.
vim.treesitter.language.register("scheme", "workflow-lisp")
vim.api.nvim_create_autocmd("FileType", {
  pattern = "workflow-lisp",
  callback = function(event)
    vim.bo[event.buf].commentstring = "; %s"
    vim.bo[event.buf].lisp = true
    vim.bo[event.buf].syntax = "scheme"
  end,
})

-- Most YAML files are not workflows: ask only about those that have steps.
local function is_workflow(buffer)
  if vim.bo[buffer].filetype ~= "yaml" then
    return true
  end
  if vim.api.nvim_buf_get_name(buffer):find("/.github/", 1, true) then
    return false
  end
  for _, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    if line:match("^steps%s*:") then
      return true
    end
  end
  return false
end

vim.lsp.config("wfc", {
  cmd = { "wfc", "lsp" },
  filetypes = { "yaml", "workflow-lisp" },
  -- File names in a workflow start from this folder, as they do from the
  -- current directory on the command line.
  root_dir = function(buffer, start)
    if is_workflow(buffer) then
      start(vim.fs.root(buffer, { "wfc.toml", ".git" }) or vim.fn.getcwd())
    end
  end,
})
vim.lsp.enable("wfc")
