"""Theory of operation: how the text of an operation becomes the bytes of its response.

In: a text, its variables, and a Run with the resolvers' Context (`Schema.execute` in
schema/build.py). Out: an ExecutionResult, which the endpoint encodes as JSON.

Phases of a text that is new. Each refuses what it must, and leaves its findings in the Operation:

    parse      limits on the text, then graphql-core's parser              operations.py
    measure    depth and size, with fragments spread out                   measure.py
    validate   graphql-core's rules                                        operations.py
    price      rows times fields, but for the values of variables          cost.py
    execute    graphql-core resolves the root fields (schema/root_field.py);
               compiled functions render the objects                       executor.py, compiler.py

A text that was valid before skips these. Its second run prepares a program, later runs repeat it:

    read       variables and arguments                                     variables.py, readers.py
    price      with the values of the variables                            cost.py
    resolve    all root fields at once, or one by one for a mutation       program.py
    render     one compiled function for each root field, as long as       source.py
               the answer's largest size is not reached                    room.py

Whenever something is not plain, valid and successful, graphql-core takes over. It gets what was
started already, so nothing is read or written twice, and error messages, null propagation and
partial data exist once (docs/adr/0005-compiled-execution.md). Errors of several root fields come in
the order of the response (docs/adr/0009-runs-and-walks.md).

A subscription has no program: graphql-core runs it, and its selection once for each change;
compiled functions render the sessions. Each answer has a time, reads and room of its own
(`begin_answer` in run.py; schema/live.py; docs/adr/0034-changes.md).

An example, from the text to the bytes. The operation, and its variables:

    query ($id: String!) { botSession(sessionId: $id) { id tags { userTags { name } } } }

    {"id": "a"}

The selection says what to read (projection.py), and one command is sent:

    {"find": "bot_sessions", "filter": {"_id": "a"}, "projection": {"tags.userTags.name": 1}}

The selection, as a tree (tree.py), becomes this function (compiler.py, source.py):

    def render(value, windows, room):
        if value is None: return None
        v_2 = value['tags']
        if type(v_2) is not dict: unsound()
        v_3 = v_2.get('userTags')
        if type(v_3) is not list: v_3 = listed(v_3)
        room.left -= len(v_3) * 8
        if room.left < 0: room.check()
        list_5 = []
        for item_4 in v_3:
            if type(item_4) is not dict: unsound()
            v_6 = item_4['name']
            if type(v_6) is not str: v_6 = text(v_6)
            if v_6: room.left -= len(v_6) if v_6.isascii() else size_of(v_6)
            list_5.append({'name': v_6})
            if room.left < 0: room.check()
        if room.left < 0: room.check()
        return {'id': identifier(prefix_1, value['_id']), 'tags': {'userTags': list_5}}

From the document that was found, it makes the data of the response:

    {"_id": "a", "tags": {"userTags": [{"name": "vip"}]}}

    {"botSession":{"id":"Qm90U2Vzc2lvbjph","tags":{"userTags":[{"name":"vip"}]}}}

`scripts/explain` shows the same for any operation. Reading order: selections.py (the one walk over
selections), operation.py, run.py, operations.py, measure.py, cost.py, orderings.py, windows.py,
projection.py, tree.py, room.py, compiler.py, source.py, executor.py, readers.py, variables.py,
program.py.
"""
