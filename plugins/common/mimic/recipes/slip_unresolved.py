def named(medication_id):
    return [medication_id]

def resolved(names, resource_id):
    return resource_id
