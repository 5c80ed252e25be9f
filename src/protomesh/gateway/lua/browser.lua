-- Browsers: who can be sent to another page, and where the page to log in is.

local browser = {}

-- A page script follows a redirect without a word and gets the login page for data: only a navigation is sent on.
-- Browsers say `sec-fetch-mode` (Fetch Metadata); older ones do not.
function browser.navigates(headers)
  local text = headers:get("accept")
  if text == nil or not text:lower():find("text/html", 1, true) then return false end
  local verb, mode = headers:get(":method"), headers:get("sec-fetch-mode")
  if (verb ~= "GET" and verb ~= "HEAD") or (mode ~= nil and mode ~= "navigate") then return false end
  local page, data = accept.weight(text, "text/html") or 0, accept.weight(text, "application/json") or 0
  return page > 0 and page >= data
end

-- One list (RFC 6265, 5.4), however many lines it came in: a service would see one line of them only.
function browser.join_cookies(headers)
  local count, found = headers:getNumValues("cookie"), {}
  if count < 2 then return end
  for at = 0, count - 1 do found[#found + 1] = headers:getAtIndex("cookie", at) end
  headers:remove("cookie")
  headers:add("cookie", table.concat(found, "; "))
end

-- RFC 8288: the target of `rel=login`, nil where there is none.
function browser.login(links)
  for target, rest in (links or ""):gmatch("<([^>]*)>([^,]*)") do
    if rest:find(";%s*rel%s*=%s*\"?login\"?%s*$") or rest:find(";%s*rel%s*=%s*\"?login\"?%s*;") then return target end
  end
  return nil
end
