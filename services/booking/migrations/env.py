from services.chassis.migrations.environment import run

run()
