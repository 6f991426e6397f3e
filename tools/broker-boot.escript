%% Writes an Erlang boot file that loads all of RabbitMQ's modules at once, on all cores, before anything runs.
%% The ordinary start looks for each of its about 950 modules in about 80 folders when it is first needed; that search
%% takes most of the four to six seconds RabbitMQ needs to start. With this file it starts in less than two.
%%   escript broker-boot.escript <RabbitMQ's plugins folder> <boot file to write, without .boot>
%% Prints the code folders of RabbitMQ and its dependencies, one a line, for erl's -pa.

main([Plugins, Out]) ->
    code:add_pathsa(filelib:wildcard(filename:join([Plugins, "*", "ebin"]))),
    Apps = closure([rabbit, mnesia, tools], []),
    Dirs = [code:lib_dir(App, ebin) || App <- Apps],
    {ok, Binary} = file:read_file(filename:join([code:root_dir(), "bin", "start_sasl.boot"])),
    {script, Name, Script} = binary_to_term(Binary),
    {path, Path} = lists:keyfind(path, 1, Script),
    %% Up to here init loads what the script names; after it, an interactive system loads modules only when called.
    {Head, Tail} = lists:splitwith(fun(Step) -> Step =/= {kernel_load_completed} end, Script),
    Known = lists:append([Modules || {Load, Modules} <- Head, Load =:= primLoad orelse Load =:= preLoaded]),
    Loads = lists:append([[{path, [Dir]}, {primLoad, modules(Dir) -- Known}] || Dir <- Dirs]),
    ok = file:write_file(Out ++ ".boot", term_to_binary({script, Name, Head ++ Loads ++ [{path, Path}] ++ Tail})),
    [io:format("~ts~n", [Dir]) || Dir <- Dirs, lists:prefix(Plugins, Dir)],
    ok.

modules(Dir) ->
    [list_to_atom(filename:basename(File, ".beam")) || File <- filelib:wildcard(filename:join(Dir, "*.beam"))].

closure([], Done) ->
    lists:reverse(Done);
closure([App | Rest], Done) ->
    case lists:member(App, Done) orelse application:load(App) of
        true -> closure(Rest, Done);
        {error, {already_loaded, App}} -> closure(needs(App) ++ Rest, [App | Done]);
        ok -> closure(needs(App) ++ Rest, [App | Done]);
        {error, _} when App =/= rabbit -> closure(Rest, Done)
    end.

needs(App) ->
    lists:append([Apps || Key <- [applications, included_applications, optional_applications],
                          {ok, Apps} <- [application:get_key(App, Key)]]).
