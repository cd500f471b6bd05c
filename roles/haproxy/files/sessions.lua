-- Managed by provision. Ends requests that wait for a server whose health checks have failed, so that HAProxy sends those that
-- are safe to repeat to another server. "on-marked-down shutdown-sessions" does the same at once, but then a request that is
-- just being connected to this server fails. A moment later, such requests have gone elsewhere ("timeout connect").
local after = tonumber(os.getenv("PROVISION_END_SESSIONS_AFTER")) / 1000

local function now()
  local time = core.now()
  return time.sec + time.usec / 1000000
end

core.register_task(function()
  local down = {}
  while true do
    core.msleep(100)
    for name, proxy in pairs(core.proxies) do
      if proxy:get_mode() == "http" then
        for of, server in pairs(proxy.servers) do
          local key = name .. "/" .. of
          if not string.match(server:get_stats()["status"], "^DOWN") then
            down[key] = nil
          elseif down[key] == nil then
            down[key] = now()
          elseif now() - down[key] >= after then
            server:shut_sess()
          end
        end
      end
    end
  end
end)
